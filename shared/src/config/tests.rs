use std::{collections::HashSet, fs};

use proptest::{
    strategy::{Strategy, ValueTree},
    string::string_regex,
    test_runner::TestRunner,
};

use serde_json::json;

use super::*;
use crate::{aws::RootStore, routes::Rules};

const VALID: [(&str, &str); 11] = [
    ("AWS_REGION", "us-east-1"),
    ("AWS_ACCESS_KEY_ID", "id"),
    ("AWS_SECRET_ACCESS_KEY", "secret"),
    ("TABLE_NAME", "t"),
    ("ACCESS_KEYS", "arn:aws:kms:us-east-1:1:key/a, arn:aws:kms:us-east-1:1:key/b"),
    ("PUBLIC_KEYS", "arn:aws:kms:us-east-1:1:key/c"),
    ("PUBLIC_URL", "https://api.example"),
    ("PREVIOUS_PUBLIC_URLS", "https://old.example,"),
    ("TOKEN_AUDIENCE", "https://api.example"),
    ("IDENTITY_PROVIDERS", "[]"),
    ("ROUTE_RULES", "{}"),
];

fn environment(changes: &[(&'static str, &str)]) -> Environment {
    VALID.iter().chain(changes).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// The policy with the errors that do not prevent the start.
fn policy(changes: &[(&'static str, &str)]) -> (Policy, ConfigErrors) {
    environment(changes).policy().unwrap()
}

#[test]
fn former_base_url_is_accepted_with_both_audiences() {
    let (policy, _) = policy(&[]);
    let pairs: Vec<_> = policy.issuers.access.iter().map(|i| (i.issuer.as_str(), i.audience.as_str())).collect();
    assert_eq!(
        pairs,
        [
            ("https://api.example/v1/access-tokens", "https://api.example"),
            ("https://old.example/v1/access-tokens", "https://api.example"),
            ("https://old.example/v1/access-tokens", "https://old.example"),
        ]
    );
    assert_eq!(policy.issuers.public[2].issuer, "https://old.example/v1/access-tokens/public");
}

#[test]
fn max_lifetime_is_optional_and_at_least_one_hour() {
    assert_eq!(environment(&[]).max_lifetime(), Ok(None));
    assert_eq!(environment(&[("MAX_LIFETIME", "90d")]).max_lifetime(), Ok("90d".parse().ok()));
    for bad in ["never", "7", "5x", "29s", "59m", "3599"] {
        let error = environment(&[("MAX_LIFETIME", bad)]).max_lifetime().unwrap_err().to_string();
        assert!(
            error.contains("`MAX_LIFETIME`: the maximum lifetime must be a duration of at least one hour"),
            "{error}"
        );
    }
}

/// The `AllowedPattern` of a template parameter. CloudFormation matches it against the whole value.
fn allowed_pattern(parameter: &str) -> String {
    let template = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../template.yaml")).unwrap();
    let (_, section) = template.split_once(&format!("\n  {parameter}:\n")).unwrap();
    let line = section.lines().find_map(|line| line.trim().strip_prefix("AllowedPattern: ")).unwrap();
    line.trim_matches('"').to_owned()
}

#[test]
fn max_lifetime_that_the_template_allows_is_valid() {
    let pattern = string_regex(&allowed_pattern("MaxLifetime")).unwrap();
    let mut runner = TestRunner::deterministic();
    let mut forms = HashSet::new();
    for _ in 0..5_000 {
        let text = pattern.new_tree(&mut runner).unwrap().current();
        let max_lifetime = environment(&[("MAX_LIFETIME", &text)]).max_lifetime();
        assert!(max_lifetime.is_ok_and(|max_lifetime| max_lifetime.is_some() != text.is_empty()), "`{text}`");
        forms.insert(text.trim_start_matches(|c: char| c.is_ascii_digit()).to_owned());
    }
    for form in ["", "h", "d", " d", " days", "week", " years"] {
        assert!(forms.contains(form), "the pattern does not generate `{form}`");
    }
}

#[test]
fn key_arns_keep_their_order_and_reject_aliases() {
    assert_eq!(environment(&[]).key_arns().unwrap().access[0], "arn:aws:kms:us-east-1:1:key/a");
    for bad in ["alias/latchkey", "arn:aws:kms:us-east-1:1:alias/latchkey", "1234", "arn:aws:kms:us-east-1:1:key/a,x"] {
        assert!(environment(&[("ACCESS_KEYS", bad)]).key_arns().is_err(), "{bad}");
    }
    assert_eq!(environment(&[("ACCESS_KEYS", ",")]).key_arns(), Err(ConfigError::Missing("ACCESS_KEYS").into()));
}

#[test]
fn json_variable_with_absolute_path_reads_the_file() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/sample/rules.json");
    let inline = r#"{"GET /v2/orders": {"any_caller": true}}"#;
    let (found, errors) = policy(&[("ROUTE_RULES", inline), ("ROUTE_RULES_FILE", file)]);
    assert_eq!(errors.all(), []);
    for route in ["GET /orders/{id}", "GET /v2/orders", "GET /v1/permissions/me"] {
        assert!(found.rules.find("a", route).unwrap().is_some(), "{route}");
    }
    for (name, value, words) in [
        ("ROUTE_RULES_FILE", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"), "Cargo.toml`: expected"),
        ("ROUTE_RULES_FILE", "/nowhere/rules.json", "`/nowhere/rules.json`: No such file"),
        ("ROUTE_RULES_FILE", r#"{"GET /x": {"public": true}}"#, "`GET /x` already has a rule in another source"),
    ] {
        let (found, errors) = policy(&[("ROUTE_RULES", r#"{"GET /x": {"any_caller": true}}"#), (name, value)]);
        assert!(found.rules.find("a", "GET /x").is_err(), "{value}");
        let error = errors.to_string();
        assert!(error.contains(name) && error.contains(words), "{error}");
    }
}

#[test]
fn root_certificates_default_to_amazon() {
    let bundle = concat!(env!("CARGO_MANIFEST_DIR"), "/src/https/roots.pem");
    let root_store = |path| environment(&[("AWS_CA_BUNDLE", path)]).root_store();
    assert!(matches!(root_store(""), Ok(RootStore::Amazon)));
    assert!(matches!(root_store(bundle), Ok(RootStore::Only(_))));
    for (path, words) in [
        ("/nowhere/roots.pem", "`AWS_CA_BUNDLE`: `/nowhere/roots.pem`: No such file"),
        (concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"), "Cargo.toml`: contains no PEM certificate"),
    ] {
        let error = root_store(path).err().unwrap().to_string();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn configuration_error_names_the_variable_and_the_rule() {
    for (name, value, words) in [
        ("PUBLIC_URL", "", "environment variable `PUBLIC_URL` is not set"),
        ("PUBLIC_URL", "https://api.example/", "without a trailing slash"),
        ("PUBLIC_URL", "api.example", "without a trailing slash"),
        ("PREVIOUS_PUBLIC_URLS", "old.example", "PREVIOUS_PUBLIC_URLS"),
        ("TOKEN_AUDIENCE", "", "`TOKEN_AUDIENCE` is not set"),
    ] {
        let error = environment(&[(name, value)]).policy().err().unwrap().to_string();
        assert!(error.contains(words), "{error}");
    }
}

/// The authorizer and the token page start with the same errors.
#[test]
fn error_in_providers_names_variable_entry_and_effect() {
    let own_issuer =
        r#"[{"name": "a", "issuer": "https://api.example/v1/access-tokens", "audience": "a", "organizations": "*"}]"#;
    let not_json = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let none = "(users of all identity providers get 401)";
    for (value, entry, words, effect) in [
        ("", None, "the variable is not set", none),
        ("{}", None, "invalid type", none),
        (not_json, None, "Cargo.toml`: expected", none),
        (r#"[{"name": "a"}]"#, Some("a"), "the identity provider `a`: missing field `issuer`", "(its users get 401)"),
        (r#"[["a", "https://a.example", "a", "*"]]"#, Some("entry 1"), "invalid type: sequence", "(its users get 401)"),
        (own_issuer, Some("a"), "is an issuer of Latchkey itself", "(the entry is not used)"),
    ] {
        let environment = environment(&[("IDENTITY_PROVIDERS", value)]);
        let (policy, errors) = environment.policy().unwrap();
        let (page, page_errors) = environment.token_page().unwrap();
        assert_eq!(errors, page_errors, "{value}");
        assert!(policy.providers.usable().is_empty() && page.providers.is_empty(), "{value}");
        let [error] = errors.all() else { panic!("{value}: {errors}") };
        let named = match error {
            ConfigError::InvalidEntry { name: "IDENTITY_PROVIDERS", entry, .. } => Some(entry.as_str()),
            ConfigError::Invalid { name: "IDENTITY_PROVIDERS", .. } => None,
            other => panic!("{other}"),
        };
        assert_eq!(named, entry, "{error}");
        let text = error.to_string();
        assert!(text.contains(words) && text.ends_with(effect), "{text}");
    }
}

/// The page omits the invalid provider.
#[test]
fn token_page_offers_valid_providers_only() {
    let providers = json!([
        {"name": "a", "issuer": "https://a.example", "audience": "a", "organizations": "*", "page": {"client_id": "p"}},
        {"name": "b", "issuer": "https://b.example", "audience": "b", "page": {"client_id": "p"}},
    ]);
    let (page, errors) = environment(&[("IDENTITY_PROVIDERS", &providers.to_string())]).token_page().unwrap();
    assert_eq!(page.providers.iter().map(|provider| provider.name.as_str()).collect::<Vec<_>>(), ["a"]);
    assert!(errors.to_string().contains("`b`: missing field `organizations`"), "{errors}");
}

#[test]
fn error_in_rules_names_variable_rule_and_effect() {
    let all = "(all routes except Latchkey's own are denied)";
    for (value, entry, words, effect) in [
        ("", None, "the variable is not set", all),
        ("7", None, "invalid type", all),
        (r#"{"GET /": {"public": true}"#, None, "EOF while parsing", all),
        (
            r#"{"GET /": {"action": "a", "open": true}}"#,
            Some("GET /"),
            "the rule of `GET /`: unknown field `open`",
            "(the route is denied)",
        ),
        (
            r#"{"GET x": {"public": true}}"#,
            Some("GET x"),
            "the rule of `GET x`: a route must be like",
            "(all routes of this variable are denied)",
        ),
        (
            r#"[{"GET /": {"public": true}}, {"GET /": {"public": true}}]"#,
            Some("GET /"),
            "`GET /` already has a rule",
            "(all routes of this variable are denied)",
        ),
        (
            r#"{"a1 GET /v1/access-tokens": {"public": true}}"#,
            Some("a1 GET /v1/access-tokens"),
            "GET /v1/access-tokens` already has a rule",
            "(Latchkey's own rule applies)",
        ),
    ] {
        let (found, errors) = policy(&[("ROUTE_RULES", value)]);
        let [error] = errors.all() else { panic!("{value}: {errors}") };
        let named = match error {
            ConfigError::InvalidEntry { name: "ROUTE_RULES", entry, .. } => Some(entry.as_str()),
            ConfigError::Invalid { name: "ROUTE_RULES", .. } => None,
            other => panic!("{other}"),
        };
        assert_eq!(named, entry, "{error}");
        let text = error.to_string();
        assert!(text.contains(words) && text.ends_with(effect), "{text}");
        assert_eq!(found.rules.find("a1", "GET /v1/access-tokens"), Rules::own().find("a1", "GET /v1/access-tokens"));
        assert!(!matches!(found.rules.find("a1", "GET /"), Ok(Some(_))), "{value}");
    }
}

#[test]
fn configuration_errors_are_reported_together() {
    let rules = r#"{"GET /a": {"open": true}, "GET /b": {"public": true}, "GET c": {"public": true}}"#;
    let providers = json!([
        {"name": "a", "issuer": "http://a.example", "audience": "a", "organizations": "*"},
        {"name": "b", "issuer": "https://b.example", "audience": "b", "organizations": "*"},
        {"name": "c"},
    ]);
    let changes = [
        ("AWS_REGION", ""),
        ("PUBLIC_URL", ""),
        ("ROUTE_RULES", rules),
        ("IDENTITY_PROVIDERS", &providers.to_string()),
    ];
    let errors = AuthorizerConfig::read(&environment(&changes)).err().unwrap();
    let entries = errors.all().iter().map(|error| match error {
        ConfigError::Missing(name) | ConfigError::Invalid { name, .. } => (*name, None),
        ConfigError::InvalidEntry { name, entry, .. } => (*name, Some(entry.as_str())),
    });
    assert_eq!(
        entries.collect::<Vec<_>>(),
        [
            ("AWS_REGION", None),
            ("PUBLIC_URL", None),
            ("IDENTITY_PROVIDERS", Some("a")),
            ("IDENTITY_PROVIDERS", Some("c")),
            ("ROUTE_RULES", Some("GET /a")),
            ("ROUTE_RULES", Some("GET c")),
        ]
    );
}
