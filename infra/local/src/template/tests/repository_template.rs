//! The template of this repository.

use shared::routes::Rules;

use super::*;
use crate::iam::Effect;

fn function<'a>(template: &'a Template, name: &str) -> &'a Function {
    template.functions.iter().find(|function| function.name == name).unwrap()
}

/// The resources on which the function is allowed `action`.
fn allowed_resources(function: &Function, action: &str) -> BTreeSet<String> {
    let statements = function.statements.iter().filter(|statement| statement.actions.iter().any(|own| own == action));
    statements.flat_map(|statement| statement.resources.clone()).collect()
}

#[test]
fn function_settings_override_globals() {
    let template = repository_template(&[("MaxLifetime", "90d")]);
    let function = function(&template, "create-token");
    assert_eq!((function.timeout, function.memory_mb), (Duration::from_secs(10), 512));
    assert_eq!(function.logical_id, "CreateToken");
    assert_eq!(function.environment["MAX_LIFETIME"], "90d");
    assert_eq!(function.environment["TABLE_NAME"], "latchkey-Table");
    assert_eq!(function.environment["TOKEN_AUDIENCE"], "http://localhost:3000");
    assert_eq!(function.environment["ACCESS_KEYS"].trim_end_matches(','), template.keys[0].arn);
}

#[test]
fn condition_depends_on_parameter() {
    let template = repository_template(&[("TokenAudience", "urn:api")]);
    assert_eq!(function(&template, "authorizer").environment["TOKEN_AUDIENCE"], "urn:api");
}

#[test]
fn statements_name_resources_by_arn() {
    let template = repository_template(&[]);
    let statements = &function(&template, "list-tokens").statements;
    assert_eq!(statements.len(), 1);
    let statement = &statements[0];
    assert_eq!(statement.effect, Effect::Allow);
    assert_eq!(statement.actions, ["dynamodb:Query"]);
    assert_eq!(statement.resources, [format!("{}/index/by_org", template.tables[0].arn)]);
}

#[test]
fn only_create_token_may_sign() {
    let template = repository_template(&[]);
    let may_sign = |function: &&Function| !allowed_resources(function, "kms:Sign").is_empty();
    let names: Vec<_> = template.functions.iter().filter(may_sign).map(|function| &function.name).collect();
    assert_eq!(names, ["create-token"]);
}

#[test]
fn only_publishing_routes_have_no_authorizer() {
    let api = repository_template(&[]).apis.remove(0);
    let public = api.routes.iter().filter(|route| !route.authorized);
    let public: BTreeSet<_> = public.map(|route| format!("{} {}", route.method, route.path)).collect();
    let expected = [
        "/v1/access-tokens/.well-known/jwks.json",
        "/v1/access-tokens/.well-known/openid-configuration",
        "/v1/access-tokens/public/.well-known/jwks.json",
        "/v1/access-tokens/public/.well-known/openid-configuration",
        "/v1/openapi.json",
        "/",
        "/tokens",
        "/docs",
        "/assets/{file}",
    ];
    let expected = expected.iter().flat_map(|path| ["GET", "HEAD"].map(|method| format!("{method} {path}")));
    assert_eq!(public, expected.collect());
    let delete = api.routes.iter().find(|route| route.method == "DELETE").unwrap();
    assert_eq!((delete.path.as_str(), delete.function.as_str()), ("/v1/access-tokens/{id}", "revoke-token"));
}

#[test]
fn api_has_authorizer_stage_and_gateway_responses() {
    let api = repository_template(&[]).apis.remove(0);
    let authorizer = api.authorizer.unwrap();
    assert_eq!((authorizer.function.as_str(), api.stage.as_str()), ("authorizer", "live"));
    assert_eq!(authorizer.identity_headers, ["Authorization"]);
    assert_eq!(api.responses["UNAUTHORIZED"].headers["WWW-Authenticate"], "Bearer");
    assert_eq!(api.responses["MISSING_AUTHENTICATION_TOKEN"].status, Some(404));
    assert_eq!(api.responses["DEFAULT_5XX"].status, None);
    assert!(api.responses["ACCESS_DENIED"].template.as_ref().unwrap().contains("$context.authorizer.code"));
}

/// A rotation first adds a key, then makes it the first one. Only the first key signs.
#[test]
fn rotation_changes_key_order_and_signing_key() {
    let template_key = repository_template(&[]).keys[0].arn.clone();
    let new_key = "arn:aws:kms:us-east-1:000000000000:key/new";
    for (parameters, keys) in [
        (vec![("AdditionalAccessKeyArns", new_key)], [template_key.as_str(), new_key]),
        (
            vec![("AccessSigningKeyArn", new_key), ("AdditionalAccessKeyArns", &template_key)],
            [new_key, template_key.as_str()],
        ),
    ] {
        let template = repository_template(&parameters);
        for name in ["create-token", "authorizer", "well-known"] {
            let function = function(&template, name);
            assert_eq!(function.environment["ACCESS_KEYS"], keys.join(","), "{name}");
            let readable = allowed_resources(function, "kms:GetPublicKey");
            assert!(keys.iter().all(|key| readable.contains(*key)), "{name}");
            let signing = allowed_resources(function, "kms:Sign");
            // In a deployment the role changes first, and the version that serves requests signs with the other key.
            assert!(keys.iter().all(|key| signing.contains(*key) == (name == "create-token")), "{name}");
            assert_eq!(signing.len(), if name == "create-token" { 3 } else { 0 }, "and the public key: {name}");
        }
    }
}

#[test]
fn gateway_responses_do_not_echo_the_request() {
    let allowed = ["context.requestId", "context.authorizer.code", "context.authorizer.reason"];
    for (name, response) in repository_template(&[("AllowedOrigins", "*")]).apis.remove(0).responses {
        for text in response.headers.values().chain(&response.template) {
            let variables = text
                .split('$')
                .skip(1)
                .map(|rest| rest.split(|c: char| !(c.is_ascii_alphanumeric() || c == '.')).next().unwrap_or_default());
            for variable in variables {
                assert!(allowed.contains(&variable), "{name}: ${variable}");
            }
            assert!(!text.contains("method.request"), "{name}: {text}");
        }
    }
}

#[test]
fn table_is_a_create_table_request() {
    let template = repository_template(&[]);
    assert_eq!(template.tables.len(), 1);
    let table = &template.tables[0];
    assert_eq!(table.arn, "arn:aws:dynamodb:us-east-1:000000000000:table/latchkey-Table");
    assert_eq!(table.ttl_attribute.as_deref(), Some("ttl"));
    assert_eq!(table.create["TableName"], json!("latchkey-Table"));
    assert_eq!(table.create["BillingMode"], json!("PAY_PER_REQUEST"));
    assert_eq!(table.create["KeySchema"][0], json!({"AttributeName": "pk", "KeyType": "HASH"}));
    assert_eq!(table.create["GlobalSecondaryIndexes"][0]["IndexName"], json!("by_org"));
    assert_eq!(table.create.as_object().unwrap().len(), 5);
}

#[test]
fn key_id_changes_with_its_spec() {
    let rsa = repository_template(&[]).keys.remove(0);
    let ecc = repository_template(&[("KeySpec", "ECC_NIST_P256")]).keys.remove(0);
    assert_eq!((rsa.spec.as_str(), ecc.spec.as_str()), ("RSA_2048", "ECC_NIST_P256"));
    assert_ne!(rsa.id, ecc.id);
    assert_eq!(rsa.arn, format!("arn:aws:kms:us-east-1:000000000000:key/{}", rsa.id));
}

/// The own rules are compiled into the authorizer, and the routes are in the template.
#[test]
fn authorized_routes_are_those_of_the_own_rules() {
    let template = repository_template(&[]);
    let authorized = template.apis[0].routes.iter().filter(|route| route.authorized);
    let routes: BTreeSet<_> = authorized.map(|route| format!("{} {}", route.method, route.path)).collect();
    let own_rules = Rules::own();
    let own: BTreeSet<_> = own_rules.by_route().iter().map(|(route, _)| route.to_string()).collect();
    assert_eq!(routes, own);
}
