//! How the program refuses: a sentence on standard error, nothing on standard output, an exit code by kind.

use std::fs;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use insta::assert_snapshot;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    program::{Program, SHARED, elsewhere, settings},
    service::{answer, answering, bind, header, service},
};

#[test]
fn where_no_service_runs_it_is_said_how_to_name_one() {
    let folder = elsewhere();
    for words in ["token list", "keys", "apply --owner local|1 --org 1"] {
        let refused = Program::new(folder.path(), words).run().failed(6);
        assert!(
            refused.starts_with("error: no local service runs in this folder: start one with `cargo local`"),
            "{refused}"
        );
    }
}

#[test]
fn a_service_that_does_not_answer_is_unavailable_and_a_new_token_can_be_asked_for_again() {
    let folder = elsewhere();
    let run = |words: &str| {
        let program = Program::new(folder.path(), words).env("LATCHKEY_URL", "http://127.0.0.1:1");
        program.env("LATCHKEY_TOKEN", "x").run().failed(6)
    };
    assert_eq!(run("token list"), "error: http://127.0.0.1:1 cannot be reached\n");
    let refused = run("token create --name x --idempotency-key a-key");
    assert!(refused.ends_with("ask again with --idempotency-key=a-key\n"), "{refused}");
}

#[test]
fn without_a_credential_nobody_asks_a_service_that_was_named() {
    let url = &SHARED.stack.local.url;
    let refused = SHARED.program("token list").env("LATCHKEY_URL", url).run().failed(3);
    assert_eq!(refused, "error: nobody asks: set LATCHKEY_TOKEN, or use --token-stdin\n");
    let refused = SHARED.program("token list --token-stdin").run().failed(3);
    assert_eq!(refused, "error: there is no token on standard input\n");
}

#[test]
fn a_credential_goes_over_https_or_to_this_machine() {
    let folder = elsewhere();
    let program = Program::new(folder.path(), "token list --url http://tokens.example.com");
    let refused = program.env("LATCHKEY_TOKEN", "x").run().failed(2);
    assert_eq!(refused, "error: `http://tokens.example.com` is no base URL: https, or http to this machine\n");
}

#[test]
fn a_folder_that_came_from_somewhere_else_does_not_decide_where_the_credential_goes() {
    let folder = elsewhere();
    for url in ["https://tokens.example.com", "http://127.0.0.1:80@tokens.example.com", "http://localhost.example.com"]
    {
        names(&folder, url, "http://127.0.0.1:1");
        let refused = Program::new(folder.path(), "token list").env("LATCHKEY_TOKEN", "x").run().failed(2);
        assert!(refused.starts_with("error: .local/local.json names another machine"), "{refused}");
    }
}

/// Writes into the folder that a local service runs there.
fn names(folder: &TempDir, url: &str, idp_url: &str) {
    let issuer = "https://tokens.example.com/v1/access-tokens";
    let local = json!({
        "url": url, "issuer": issuer, "idp_url": idp_url, "table": "t", "dynamodb_url": "http://127.0.0.1:1",
    });
    fs::create_dir_all(folder.path().join(".local")).unwrap();
    fs::write(folder.path().join(".local/local.json"), local.to_string()).unwrap();
}

/// What has the form of a token of `issuer`.
fn claiming(issuer: &str) -> String {
    let part = |json: Value| URL_SAFE_NO_PAD.encode(json.to_string());
    format!("{}.{}.AA", part(json!({"alg": "RS256"})), part(json!({"iss": issuer})))
}

#[test]
fn a_credential_of_another_service_does_not_go_to_a_port_that_a_folder_names() {
    let folder = elsewhere();
    let (listener, url) = bind();
    for (issuer, idp_url) in [
        ("https://tokens.example.com/v1/access-tokens", "http://127.0.0.1:1"),
        ("https://people.example.com", "https://people.example.com"),
        ("http://127.0.0.1:1/v1/access-tokens", "http://127.0.0.1:1"),
    ] {
        names(&folder, &url, idp_url);
        let credential = claiming(issuer);
        let by_environment = Program::new(folder.path(), "token list").env("LATCHKEY_TOKEN", &credential);
        let by_input = Program::new(folder.path(), "token list --token-stdin").input(&credential);
        for program in [by_environment, by_input] {
            let refused = program.run().failed(2);
            let told = format!("error: the credential is not of the local service at `{url}`: name the service");
            assert!(refused.starts_with(&told) && refused.contains("--url"), "{refused}");
        }
    }
    let refused = Program::new(folder.path(), "token list").env("LATCHKEY_TOKEN", "opaque").run().failed(2);
    assert!(!refused.contains("opaque"), "{refused}");
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err());
}

#[test]
fn a_credential_of_the_local_service_or_its_people_needs_no_address() {
    let folder = elsewhere();
    let idp = "http://127.0.0.1:1";
    for family in ["", "/v1/access-tokens", "/v1/access-tokens/public"] {
        let (listener, url) = bind();
        let requests = answering(listener, vec![answer(200, "", "[]")]);
        names(&folder, &url, idp);
        let credential = claiming(&if family.is_empty() { idp.to_owned() } else { format!("{url}{family}") });
        Program::new(folder.path(), "token list").env("LATCHKEY_TOKEN", &credential).run().ok();
        assert_eq!(header(&requests.join().unwrap()[0], "authorization: "), format!("Bearer {credential}"));
    }
}

#[test]
fn a_credential_of_another_service_goes_where_it_was_told_to_go() {
    let (url, requests) = service(vec![answer(200, "", "[]")]);
    let credential = claiming("https://tokens.example.com/v1/access-tokens");
    let program = SHARED.program(&format!("token list --url {url}"));
    program.env("LATCHKEY_TOKEN", &credential).run().ok();
    assert_eq!(header(&requests.join().unwrap()[0], "authorization: "), format!("Bearer {credential}"));
}

#[test]
fn each_refusal_of_the_service_has_its_exit_code_and_is_told_in_its_words() {
    let viewer = SHARED.person("123", "1003");
    let with = |words: &str, token: &str| SHARED.program(words).env("LATCHKEY_TOKEN", token).run();
    let unauthenticated = "error: a valid bearer token is required (unauthenticated)\n";
    assert_eq!(with("token list", &claiming(&SHARED.stack.local.issuer)).failed(3), unauthenticated);
    assert!(with("token list", "two words\u{7f}").code == 3);
    let denied = with("token list", &viewer).failed(3);
    assert!(denied.contains("token:create") && denied.ends_with(" (permission_denied)\n"), "{denied}");
    let unknown = SHARED.run("token get api_AAAAAAAAAAAAAAAAAAAAA").failed(4);
    assert_eq!(unknown, "error: there is nothing here (not_found)\n");
    let invalid = SHARED.run("token create --name x --expires-in soon").failed(5);
    assert!(
        invalid.starts_with("error: `expires_in` must be ") && invalid.ends_with(" (invalid_request)\n"),
        "{invalid}"
    );
    let foreign = SHARED.run("token create --name x --role 456:owner").failed(3);
    assert!(foreign.contains("456:owner") && foreign.ends_with(" (role_not_held)\n"), "{foreign}");
}

#[test]
fn wrong_usage_is_told_before_anybody_is_asked() {
    let folder = elsewhere();
    for words in [
        "",
        "token",
        "token create",
        "token create --name x --type other",
        "token create --name x --token y",
        "token get ../keys",
        "token revoke",
        "token revoke api_x --created-by local|1",
        "token list --expiring soon",
        "apply",
        "apply --owner api_5ZugdRXasLfWBypHi93Fk --org 1",
        "apply --owner local|1",
        "apply roles.json --owner local|1 --org 1",
        "keys --rotated-at yesterday",
    ] {
        let refused = Program::new(folder.path(), words).run();
        assert!(refused.code == 2 && refused.out.is_empty() && !refused.err.is_empty(), "{words} {refused:?}");
    }
}

#[test]
fn each_command_explains_itself_with_examples() {
    let folder = elsewhere();
    let help = |words: &str| Program::new(folder.path(), words).arg("--help").run().ok().out;
    for words in ["token create", "token list", "token get", "token revoke", "token verify", "keys", "apply"] {
        let help = help(words);
        assert!(help.contains("Examples:\n") && help.contains(&format!("latchkey {words}")), "{help}");
    }
    settings().bind(|| {
        assert_snapshot!(help(""), @r"
        API access tokens: make, list, revoke and check them

        Usage: latchkey <COMMAND>

        Commands:
          token  Makes, lists, shows, revokes and checks tokens
          keys  Shows the keys that verify tokens, and whether old ones are still needed
          apply  Writes roles and who has them to the ledger, as its operator
          rules  Checks rules for the authorizer of your own APIs
          help  Print this message or the help of the given subcommand(s)

        Options:
          -h, --help  Print help
          -V, --version  Print version

        Environment:
          LATCHKEY_URL  the API's base URL
          LATCHKEY_TOKEN  the credential: a person's token or an access token
        Beside a local service (`cargo local`) both may be absent: then the owner of the organization 123 asks.
        A credential that another service knows needs the URL of that service.

        Exit codes:
          0  done
          1  anything else
          2  wrong usage
          3  not authenticated or not permitted; a token that does not verify
          4  not found
          5  a request or a file that is not valid
          6  not reachable or not available: trying again may help
        ");
    });
}

#[test]
fn rules_are_checked_before_they_are_deployed() {
    let folder = elsewhere();
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/../sample/rules.json");
    let shown = Program::new(folder.path(), "rules").arg(sample).run().ok().out;
    assert_eq!(
        shown.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect::<Vec<_>>(),
        [
            "ROUTE NEEDS BESIDES",
            "DELETE /orders/{id} order:delete on order/{id}",
            "GET /catalog catalog:view public tokens",
            "GET /orders/{id} order:view on order/{id}",
            "POST /orders order:create",
        ]
    );
    let file = folder.path().join("rules.json");
    fs::write(&file, r#"{"GET /x": {"acton": "x:view"}}"#).unwrap();
    let refused = Program::new(folder.path(), "rules rules.json").run().failed(5);
    assert!(refused.contains("`rules.json`: the rule of `GET /x`: unknown field `acton`"), "{refused}");
}
