use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    time::Duration,
};

use serde_json::{Value, json};
use shared::telemetry::Metric;

use super::{ApiKind, Effect, Function, Template, TemplateError, World, load};

fn parameters(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// The repository's own template with these parameters beside the base URL.
fn own(pairs: &[(&str, &str)]) -> Template {
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../template.yaml")).unwrap();
    let mut parameters = parameters(pairs);
    parameters.insert("PublicUrl".into(), "http://localhost:3000".into());
    load(&text, &parameters, &World::default()).unwrap()
}

fn function<'a>(template: &'a Template, name: &str) -> &'a Function {
    template.functions.iter().find(|function| function.name == name).unwrap()
}

/// A small template with these lines under the one function's properties.
fn small(lines: &str) -> Result<Template, TemplateError> {
    let text = format!(
        "Resources:
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: s
      Auth:
        Authorizers: {{ A: {{ FunctionArn: !GetAtt F.Arn, FunctionPayloadType: REQUEST, Identity: {{ Headers: [X] }} }} }}
  F:
    Type: AWS::Serverless::Function
    Metadata: {{ BuildProperties: {{ Binary: f }} }}
    Properties:
{lines}
"
    );
    load(&text, &BTreeMap::new(), &World::default())
}

fn sentence(result: Result<Template, TemplateError>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn a_function_has_the_global_settings_under_its_own() {
    let template = own(&[("MaxLifetime", "90d")]);
    let function = function(&template, "create-token");
    assert_eq!((function.timeout, function.memory_mb), (Duration::from_secs(10), 512));
    assert_eq!(function.logical_id, "CreateToken");
    assert_eq!(function.environment["MAX_LIFETIME"], "90d");
    assert_eq!(function.environment["TABLE_NAME"], "latchkey-Table");
    assert_eq!(function.environment["TOKEN_AUDIENCE"], "http://localhost:3000");
    assert_eq!(function.environment["ACCESS_KEYS"].trim_end_matches(','), template.keys[0].arn);
}

#[test]
fn a_condition_chooses_by_the_parameter() {
    let template = own(&[("TokenAudience", "urn:api")]);
    assert_eq!(function(&template, "authorizer").environment["TOKEN_AUDIENCE"], "urn:api");
}

#[test]
fn statements_name_the_resources_by_their_arns() {
    let template = own(&[]);
    let statements = &function(&template, "list-tokens").statements;
    assert_eq!(statements.len(), 1);
    let statement = &statements[0];
    assert_eq!((statement.effect, statement.actions.as_slice()), (Effect::Allow, &["dynamodb:Query".to_owned()][..]));
    assert_eq!(statement.resources, [format!("{}/index/by_org", template.tables[0].arn)]);
}

#[test]
fn only_create_token_may_sign() {
    let template = own(&[]);
    let signs =
        |function: &&Function| function.statements.iter().any(|one| one.actions.iter().any(|a| a == "kms:Sign"));
    let names: Vec<_> = template.functions.iter().filter(signs).map(|function| &function.name).collect();
    assert_eq!(names, ["create-token"]);
}

#[test]
fn every_route_is_authorized_but_those_that_publish() {
    let api = own(&[]).apis.remove(0);
    let open = api.routes.iter().filter(|route| !route.authorized);
    let open: BTreeSet<_> = open.map(|route| format!("{} {}", route.method, route.path)).collect();
    let publishing = [
        "GET /v1/access-tokens/.well-known/jwks.json",
        "GET /v1/access-tokens/.well-known/openid-configuration",
        "GET /v1/access-tokens/public/.well-known/jwks.json",
        "GET /v1/access-tokens/public/.well-known/openid-configuration",
        "GET /v1/openapi.json",
        "GET /",
        "GET /tokens",
        "GET /docs",
        "GET /assets/{file}",
    ];
    assert_eq!(open, publishing.map(str::to_owned).into());
    let delete = api.routes.iter().find(|route| route.method == "DELETE").unwrap();
    assert_eq!((delete.path.as_str(), delete.function.as_str()), ("/v1/access-tokens/{id}", "revoke-token"));
}

#[test]
fn the_api_has_its_authorizer_stage_and_responses() {
    let api = own(&[]).apis.remove(0);
    let authorizer = api.authorizer.unwrap();
    assert_eq!((authorizer.function.as_str(), api.stage.as_str()), ("authorizer", "live"));
    assert_eq!(authorizer.identity_headers, ["Authorization"]);
    assert_eq!(api.responses["UNAUTHORIZED"].headers["WWW-Authenticate"], "Bearer");
    assert_eq!(api.responses["MISSING_AUTHENTICATION_TOKEN"].status, Some(404));
    assert_eq!(api.responses["DEFAULT_5XX"].status, None);
    assert!(api.responses["ACCESS_DENIED"].template.as_ref().unwrap().contains("$context.authorizer.code"));
}

#[test]
fn a_rotation_appends_a_key_and_then_puts_it_first_and_the_first_alone_signs() {
    let arn = |id: &str| format!("arn:aws:kms:us-east-1:000000000000:key/{id}");
    let own_key = own(&[]).keys[0].arn.clone();
    for (parameters, ring, signing) in [
        (vec![("AdditionalAccessKeyArns", arn("new"))], [own_key.clone(), arn("new")], own_key.clone()),
        (
            vec![("AccessSigningKeyArn", arn("new")), ("AdditionalAccessKeyArns", own_key.clone())],
            [arn("new"), own_key.clone()],
            arn("new"),
        ),
    ] {
        let parameters: Vec<_> = parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let template = own(&parameters);
        for name in ["create-token", "authorizer", "well-known"] {
            let function = function(&template, name);
            assert_eq!(function.environment["ACCESS_KEYS"], ring.join(","), "{name}");
            let may = |action: &str| -> BTreeSet<String> {
                let statements = function.statements.iter().filter(|one| one.actions.iter().any(|own| own == action));
                statements.flat_map(|one| one.resources.clone()).collect()
            };
            assert!(ring.iter().all(|key| may("kms:GetPublicKey").contains(key)), "{name}");
            let signs = may("kms:Sign");
            assert_eq!(signs.contains(&signing), name == "create-token", "{name}");
            assert_eq!(signs.len(), if name == "create-token" { 2 } else { 0 }, "one key of each family: {name}");
        }
    }
}

/// The metrics of AWS itself that alarms and the dashboard may name, each with its dimensions.
const OF_AWS: [(&str, &str, &[&str]); 4] = [
    ("AWS/Lambda", "Throttles", &["FunctionName"]),
    ("AWS/Lambda", "ConcurrentExecutions", &["FunctionName"]),
    ("AWS/Lambda", "Errors", &["FunctionName"]),
    ("AWS/ApiGateway", "5XXError", &["ApiName", "Stage"]),
];

/// The resources of the repository's own template as they are written.
fn written() -> Value {
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../template.yaml")).unwrap();
    super::yaml::parse(&text).unwrap()["Resources"].take()
}

/// The properties of the alarms.
fn alarms() -> Vec<Value> {
    let resources = written();
    let alarms = resources.as_object().unwrap().values().filter(|one| one["Type"] == "AWS::CloudWatch::Alarm");
    alarms.map(|alarm| alarm["Properties"].clone()).collect()
}

/// The metrics that an alarm looks at: one, or those that its expression joins.
fn metrics(alarm: &Value) -> Vec<Value> {
    let Some(several) = alarm["Metrics"].as_array() else { return vec![alarm.clone()] };
    several.iter().map(|one| one["MetricStat"]["Metric"].clone()).filter(Value::is_object).collect()
}

/// Whether something gives values to a metric: a function's line where it is ours, under exactly the dimension `operation`.
fn is_emitted(namespace: &str, metric: &str, dimensions: &[(&str, &str)]) -> bool {
    if let ("Latchkey/${AWS::StackName}", [("operation", operation)]) = (namespace, dimensions) {
        return Metric::ALL.iter().any(|own| own.name() == metric && own.is_emitted_by(operation));
    }
    let names: Vec<_> = dimensions.iter().map(|(name, _)| *name).collect();
    OF_AWS.contains(&(namespace, metric, &names))
}

#[test]
fn an_alarm_is_on_a_metric_that_is_emitted_by_the_operation_that_it_names() {
    let metrics: Vec<_> = alarms().into_iter().flat_map(|alarm| metrics(&alarm)).collect();
    assert!(metrics.len() >= 15);
    for metric in metrics {
        let namespace = metric["Namespace"].as_str().or(metric["Namespace"]["Fn::Sub"].as_str()).unwrap();
        // What a dimension of AWS refers to, CloudFormation itself finds or refuses.
        let dimensions = metric["Dimensions"].as_array().unwrap().iter();
        let dimensions: Vec<_> =
            dimensions.map(|own| (own["Name"].as_str().unwrap(), own["Value"].as_str().unwrap_or_default())).collect();
        assert!(is_emitted(namespace, metric["MetricName"].as_str().unwrap(), &dimensions), "{metric}");
    }
}

#[test]
fn the_dashboard_shows_metrics_that_are_emitted_by_the_operations_that_it_names() {
    let resources = written();
    let body = resources["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"].as_str().unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    let widgets = body["widgets"].as_array().unwrap().iter();
    let shown: Vec<_> = widgets.filter_map(|widget| widget["properties"]["metrics"].as_array()).flatten().collect();
    assert!(shown.len() >= 10);
    for metric in shown {
        if let Some(expression) = metric[0]["expression"].as_str() {
            let denials =
                "SEARCH('{Latchkey/${AWS::StackName},operation,code} MetricName=\"ClientErrors\"', 'Sum', 60)";
            assert_eq!(expression, denials, "the one set with two dimensions");
            continue;
        }
        let texts: Vec<_> = metric.as_array().unwrap().iter().filter_map(Value::as_str).collect();
        let dimensions: Vec<_> = texts[2..].chunks(2).map(|pair| (pair[0], pair[1])).collect();
        assert!(is_emitted(texts[0], texts[1], &dimensions), "{metric}");
    }
}

#[test]
fn a_metric_that_nobody_emits_is_told_from_one_that_somebody_does() {
    let ours = "Latchkey/${AWS::StackName}";
    for (namespace, metric, dimensions, expected) in [
        (ours, "KmsErrors", &[("operation", "createAccessToken")][..], true),
        (ours, "KmsErrors", &[("operation", "listAccessTokens")], false),
        (ours, "TokensCreated", &[("operation", "authorize")], false),
        (ours, "ClientErrors", &[("operation", "deny")], false),
        (ours, "Denials", &[("operation", "authorize")], false),
        (ours, "ClientErrors", &[], false),
        (ours, "ClientErrors", &[("operation", "authorize"), ("code", "x")], false),
        ("Latchkey", "ClientErrors", &[("operation", "authorize")], false),
        ("AWS/Lambda", "Throttles", &[("FunctionName", "")], true),
        ("AWS/Lambda", "Throttles", &[], false),
        ("AWS/Lambda", "Throttles", &[("operation", "authorize")], false),
        ("AWS/Lambda", "Throttled", &[("FunctionName", "")], false),
    ] {
        assert_eq!(is_emitted(namespace, metric, dimensions), expected, "{namespace} {metric} {dimensions:?}");
    }
}

#[test]
fn an_alarm_is_on_the_errors_of_every_function_but_the_authorizer_whose_401s_are_errors() {
    let alarm = alarms().into_iter().find(|alarm| alarm["Metrics"].is_array()).unwrap();
    let watched = metrics(&alarm).into_iter().map(|metric| {
        assert_eq!(metric["MetricName"], "Errors");
        metric["Dimensions"][0]["Value"]["Ref"].as_str().unwrap().to_owned()
    });
    let functions = own(&[]).functions.into_iter().map(|function| function.logical_id);
    let expected: BTreeSet<_> = functions.filter(|name| name != "Authorizer").collect();
    assert_eq!(watched.collect::<BTreeSet<_>>(), expected);
}

#[test]
fn no_gateway_response_can_echo_a_request() {
    for (name, response) in own(&[("AllowedOrigins", "*")]).apis.remove(0).responses {
        let texts = response.headers.values().chain(&response.template);
        for text in texts {
            let variables = text
                .split('$')
                .skip(1)
                .map(|rest| rest.split(|c: char| !(c.is_ascii_alphanumeric() || c == '.')).next().unwrap_or_default());
            for variable in variables {
                let ours = ["context.requestId", "context.authorizer.code", "context.authorizer.reason"];
                assert!(ours.contains(&variable), "{name}: ${variable}");
            }
            assert!(!text.contains("method.request"), "{name}: {text}");
        }
    }
}

#[test]
fn the_table_is_what_create_table_takes() {
    let template = own(&[]);
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
fn the_key_changes_with_its_spec() {
    let (rsa, ecc) = (own(&[]), own(&[("KeySpec", "ECC_NIST_P256")]));
    assert_eq!((rsa.keys[0].spec.as_str(), ecc.keys[0].spec.as_str()), ("RSA_2048", "ECC_NIST_P256"));
    assert_ne!(rsa.keys[0].id, ecc.keys[0].id);
    assert_eq!(rsa.keys[0].arn, format!("arn:aws:kms:us-east-1:000000000000:key/{}", rsa.keys[0].id));
}

#[test]
fn a_function_that_is_silent_has_the_defaults_of_lambda() {
    let template = small("      Description: !Select [0, [not, looked, at]]").unwrap();
    assert_eq!(template.functions[0].timeout, Duration::from_secs(3));
    assert_eq!(template.functions[0].memory_mb, 128);
}

#[test]
fn an_event_that_is_not_of_an_api_is_refused() {
    let sentence = sentence(small("      Events: { E: { Type: Schedule, Properties: { Schedule: rate(1 day) } } }"));
    assert_eq!(sentence, "at `Resources.F.Properties.Events.E`: an event of type `Schedule` is not understood");
}

#[test]
fn routes_that_differ_in_a_parameters_name_only_are_alike() {
    let sentence = sentence(small(
        "      Events:
        A: { Type: Api, Properties: { RestApiId: !Ref Api, Path: \"/a/{id}\", Method: get } }
        B: { Type: Api, Properties: { RestApiId: !Ref Api, Path: \"/a/{name}\", Method: GET } }",
    ));
    assert_eq!(sentence, "at `Resources.F.Properties.Events.B`: `GET /a/{id}` is defined twice");
}

#[test]
fn a_route_may_ask_for_the_authorizer_by_name() {
    let event = |auth| {
        small(&format!(
            "      Events: {{ E: {{ Type: Api, Properties: {{ RestApiId: !Ref Api, Path: /a, Method: any{auth} }} }} }}"
        ))
    };
    let authorized = |auth| event(auth).map(|template| template.apis[0].routes[0].authorized);
    assert_eq!(authorized(""), Ok(false));
    assert_eq!(authorized(", Auth: { Authorizer: A }"), Ok(true));
    assert_eq!(authorized(", Auth: { Authorizer: NONE }"), Ok(false));
    assert!(authorized(", Auth: { Authorizer: B }").is_err());
    assert!(authorized(", Auth: { ApiKeyRequired: true }").is_err());
    assert_eq!(event("").unwrap().apis[0].routes[0].method, "ANY");
}

#[test]
fn a_greedy_path_and_another_api_are_refused() {
    for properties in
        ["RestApiId: !Ref Api, Path: \"/{proxy+}\"", "RestApiId: other, Path: /a", "Path: /a", "ApiId: other, Path: /a"]
    {
        let events = format!("      Events: {{ E: {{ Type: Api, Properties: {{ {properties}, Method: get }} }} }}");
        assert!(small(&events).is_err(), "{properties}");
    }
}

#[test]
fn an_unknown_intrinsic_function_is_named_with_its_place() {
    let sentence = sentence(small("      Environment: { Variables: { A: !ImportValue b } }"));
    let expected = "`Fn::ImportValue` at `Resources.F.Properties.Environment.Variables.A` is not understood, \
                    only Ref, Sub, GetAtt, If, Equals, Not and Join are";
    assert_eq!(sentence, expected);
}

#[test]
fn a_number_may_be_a_reference_and_must_be_a_number() {
    assert_eq!(small("      Timeout: \"7\"").unwrap().functions[0].timeout, Duration::from_secs(7));
    assert!(small("      Timeout: long").is_err());
}

#[test]
fn what_restricts_access_is_never_overlooked() {
    let globals = "Globals: { Api: { Auth: { DefaultAuthorizer: A } } }";
    let api = |auth: &str| {
        format!(
            "{globals}\nResources: {{ Api: {{ Type: AWS::Serverless::Api, Properties: {{ StageName: s, Auth: {auth} }} }} }}"
        )
    };
    let read = |text: &str| load(text, &BTreeMap::new(), &World::default());
    assert!(sentence(read(&api("{}"))).contains("Globals.Api"));
    for auth in ["{ DefaultAuthorizer: A }", "{ ApiKeyRequired: true }", "{ ResourcePolicy: {} }"] {
        assert!(read(&api(auth).replace(globals, "")).is_err(), "{auth}");
    }
    assert!(read(&api("{}").replace(globals, "")).is_ok());
}

#[test]
fn the_smallest_body_to_compress_is_a_number_of_a_rest_api_and_ten_megabytes_at_most() {
    let read = |kind: &str, size: &str| {
        let api = format!("{{ Type: {kind}, Properties: {{ StageName: s, MinimumCompressionSize: {size} }} }}");
        load(&format!("Resources: {{ Api: {api} }}"), &BTreeMap::new(), &World::default())
    };
    for size in [0, 1024, 10_485_760] {
        let template = read("AWS::Serverless::Api", &size.to_string()).unwrap();
        assert_eq!(template.apis[0].minimum_compression_size, Some(size));
    }
    for (kind, size) in [
        ("AWS::Serverless::Api", "10485761"),
        ("AWS::Serverless::Api", "-1"),
        ("AWS::Serverless::Api", "some"),
        ("AWS::Serverless::HttpApi", "1024"),
    ] {
        let sentence = sentence(read(kind, size));
        assert!(
            sentence.contains("`MinimumCompressionSize` is 0 to 10485760, of a REST API"),
            "{kind} {size}: {sentence}"
        );
    }
}

#[test]
fn a_template_has_an_api() {
    assert_eq!(
        sentence(load("Resources: {}", &BTreeMap::new(), &World::default())),
        "at `Resources`: there is no `AWS::Serverless::Api` or `AWS::Serverless::HttpApi`"
    );
}

/// A template with an HTTP API whose authorizer has these members, and one route.
fn http_api(authorizer: &str, event: &str) -> Result<Template, TemplateError> {
    let text = format!(
        "Resources:
  Web:
    Type: AWS::Serverless::HttpApi
    Properties: {{ Auth: {{ DefaultAuthorizer: A, Authorizers: {{ A: {{ {authorizer} }} }} }} }}
  F:
    Type: AWS::Serverless::Function
    Metadata: {{ BuildProperties: {{ Binary: f }} }}
    Properties: {{ Events: {{ E: {{ Type: {event}, Path: /a, Method: get }} }} }} }}"
    );
    load(&text, &BTreeMap::new(), &World::default())
}

#[test]
fn an_http_api_has_its_default_stage_and_an_authorizer_that_another_template_may_deploy() {
    let elsewhere = "FunctionArn: arn:aws:lambda:us-east-1:000000000000:function:authorizer, Identity: { Headers: [Authorization] }";
    let simple = "AuthorizerPayloadFormatVersion: \"2.0\", EnableSimpleResponses: true";
    let event = "HttpApi, Properties: { ApiId: !Ref Web";
    let api = http_api(&format!("{elsewhere}, {simple}"), event).unwrap().apis.remove(0);
    assert_eq!((api.kind, api.stage.as_str(), api.id.as_str()), (ApiKind::Http, "$default", "web"));
    assert_eq!(api.authorizer.unwrap().function, "authorizer");
    assert!(api.routes[0].authorized);
    for other in [
        "AuthorizerPayloadFormatVersion: \"1.0\", EnableSimpleResponses: true",
        "AuthorizerPayloadFormatVersion: \"2.0\"",
        "FunctionPayloadType: REQUEST",
    ] {
        let sentence = sentence(http_api(&format!("{elsewhere}, {other}"), event));
        assert!(sentence.contains("payload 2.0 and simple responses"), "{sentence}");
    }
    let foreign = "FunctionArn: arn:aws:lambda:us-east-1:111111111111:function:authorizer, Identity: { Headers: [] }";
    assert!(sentence(http_api(&format!("{foreign}, {simple}"), event)).contains("is no function's ARN"));
    let stray = http_api(&format!("{elsewhere}, {simple}"), "Api, Properties: { RestApiId: !Ref Web");
    assert!(sentence(stray).contains("it is of no API of its kind"));
}
