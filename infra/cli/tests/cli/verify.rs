//! `latchkey token verify`: verifying a token offline.

use std::fs;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{
    Algorithm, EncodingKey, Header,
    jwk::{Jwk, ThumbprintHash},
};
use serde_json::{Value, json, value::RawValue};

use crate::{
    harness::{CliCommand, CommandOutput, STACK, empty_dir},
    stub_server::{bind, response, serve, serve_on},
};

/// The header `{"alg":"RS256","typ":"at+jwt","kid":"x"}`.
const HEADER_WITH_UNKNOWN_KEY: &str = "eyJhbGciOiJSUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6IngifQ";
/// The header `{"alg":"RS256","kid":"x"}`.
const HEADER_WITHOUT_TYP: &str = "eyJhbGciOiJSUzI1NiIsImtpZCI6IngifQ";

fn verify(arguments: &str, token: &str) -> CommandOutput {
    STACK.command(&format!("token verify {arguments}")).stdin(token).run()
}

#[test]
fn verify_valid_token_prints_claims() {
    let (id, token) = STACK.create_token("--role 123:viewer --expires-in 1h");
    let output = verify("", &format!("{token}\n")).expect_success();
    assert_eq!(output.stderr, "the token is valid; offline verification does not detect a revocation\n");
    assert!(output.stdout.contains(&format!("sub           {id}\n")), "{output:?}");
    let claims = verify("--output json", &token).expect_success().json();
    assert_eq!((&claims["jti"], &claims["assume_roles"][0]), (&Value::from(id), &Value::from("123:viewer")));

    let directory = empty_dir();
    let issuer = &STACK.stack.addresses.issuer;
    let url = &STACK.stack.addresses.url;
    let arguments = format!("token verify --issuer {issuer} --audience {url}");
    CliCommand::new(directory.path(), &arguments).stdin(&token).run().expect_success();
}

#[test]
fn verify_invalid_token_reports_reason() {
    let (_, token) = STACK.create_token("");
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let (_, claims) = signed.split_once('.').unwrap();
    let other = STACK.create_token("").1;
    let other_signature = other.rsplit_once('.').unwrap().1;
    for (arguments, token, reason) in [
        ("", format!("{signed}.{other_signature}"), "signature is invalid"),
        ("", format!("{HEADER_WITH_UNKNOWN_KEY}.{claims}.{signature}"), "`kid` does not match any key of the issuer"),
        ("", format!("{HEADER_WITHOUT_TYP}.{claims}.{signature}"), "header `typ` must be `at+jwt`"),
        ("", "not a token".to_owned(), "not a JWS in compact serialization with an issuer"),
        ("", STACK.user_token("123", "1001"), "claim `iss` must be "),
        (
            "--issuer https://issuer.example/v1/access-tokens",
            token.clone(),
            "claim `iss` must be `https://issuer.example/v1/access-tokens`",
        ),
        ("--audience https://other.example", token.clone(), "claim `aud` must contain `https://other.example`"),
    ] {
        let error = verify(arguments, &token).expect_failure(3);
        assert!(error.starts_with(&format!("error: invalid token: {reason}")), "{error}");
    }
}

/// Signs a token of `issuer` with the key of the local identity provider. `claims` are JSON members in raw text.
fn sign(issuer: &str, claims: &str) -> String {
    let text = fs::read_to_string(STACK.directory.path().join(".local/identity.json")).unwrap();
    let identity: Value = serde_json::from_str(&text).unwrap();
    let key = identity["rsa"].as_str().unwrap();
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{key}\n-----END PRIVATE KEY-----\n");
    let key = EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap();
    let jwk = Jwk::from_encoding_key(&key, Algorithm::RS256).unwrap();
    let typ = Some("at+jwt".to_owned());
    let kid = jwk.thumbprint(ThumbprintHash::SHA256).ok();
    let claims = RawValue::from_string(format!("{{\"iss\":\"{issuer}\",{claims}}}")).unwrap();
    jsonwebtoken::encode(&Header { typ, kid, ..Header::new(Algorithm::RS256) }, &claims, &key).unwrap()
}

/// Verifies a token with `claims` at a stub issuer that publishes the key. `signature` replaces the valid one.
fn verify_signed(claims: &str, signature: Option<&str>) -> CommandOutput {
    verify_signed_with("--output json", claims, signature)
}

fn verify_signed_with(arguments: &str, claims: &str, signature: Option<&str>) -> CommandOutput {
    let (listener, issuer) = bind();
    let mut token = sign(&issuer, claims);
    if let Some(signature) = signature {
        token = format!("{}.{signature}", token.rsplit_once('.').unwrap().0);
    }
    let discovery = json!({"issuer": issuer, "jwks_uri": format!("{issuer}/keys")}).to_string();
    let keys = serde_json::to_string(&STACK.stack.idp.issuer().jwks()).unwrap();
    let _ = serve_on(listener, vec![response(200, "", &discovery), response(200, "", &keys)]);
    verify(&format!("--issuer {issuer} --audience a {arguments}"), &token)
}

#[test]
fn verify_checks_signature_before_claims() {
    let invalid_claims = "claim is missing, duplicated or of the wrong type";
    for (claims, reason) in [
        (r#""aud": "b", "exp": 1000"#, "claim `aud` must contain `a`"),
        (
            r#""aud": ["b", "a"], "exp": 1000, "jti": "api_x""#,
            "expired at 1970-01-01T00:16:40Z; the signature is valid, the id is `api_x`",
        ),
        (r#""aud": "a", "nbf": 4000000000"#, "not valid before 2096-10-02T07:06:40Z"),
        (r#""x": 1"#, invalid_claims),
        (r#""aud": "a", "exp": null"#, invalid_claims),
        (r#""aud": "a", "exp": "4000000000""#, invalid_claims),
        (r#""aud": "a", "aud": "a""#, invalid_claims),
        (r#""aud": "a", "x": 1, "x": 2"#, invalid_claims),
    ] {
        let error = verify_signed(claims, None).expect_failure(3);
        assert_eq!(error, format!("error: invalid token: {reason}\n"), "{claims}");
        let error = verify_signed(claims, Some("AA")).expect_failure(3);
        assert_eq!(error, "error: invalid token: signature is invalid\n", "{claims}");
    }
    let output = verify_signed(r#""aud": "a", "exp": 4000000000, "x": 1"#, None).expect_success();
    assert!(output.stdout.ends_with("\"aud\": \"a\", \"exp\": 4000000000, \"x\": 1}\n"), "{output:?}");
}

#[test]
fn verify_with_unusable_issuer_has_its_own_exit_code() {
    let directory = empty_dir();
    fs::create_dir(directory.path().join(".local")).unwrap();
    let (_, token) = STACK.create_token("");
    let error = STACK.command("token verify --issuer ftp://x").stdin(&token).run().expect_failure(2);
    assert!(error.contains("invalid issuer `ftp://x`"), "{error}");
    let error = CliCommand::new(directory.path(), "token verify").stdin(&token).run().expect_failure(6);
    assert!(error.contains("no local stack found"), "{error}");
}

#[test]
fn verify_with_discovery_document_of_other_issuer_fails() {
    let discovery = json!({"issuer": STACK.stack.addresses.issuer, "jwks_uri": "http://127.0.0.1:1/keys"});
    let (url, _) = serve(vec![response(200, "", &discovery.to_string())]);
    let claims = URL_SAFE_NO_PAD.encode(json!({"iss": url}).to_string());
    let token = format!("{HEADER_WITH_UNKNOWN_KEY}.{claims}.AA");
    let arguments = format!("token verify --issuer {url} --audience a");
    let error = STACK.command(&arguments).stdin(&token).run().expect_failure(6);
    assert!(error.ends_with("is the discovery document of another issuer\n"), "{error}");
}

/// The runbook for a leaked token relies on it: an expired token is identified, and a forged one is not.
#[test]
fn verify_with_accept_expired_rejects_forged_token() {
    let claims = r#""aud": "a", "exp": 1000, "jti": "api_x""#;
    let arguments = "--accept-expired --output json";
    let accepted = verify_signed_with(arguments, claims, None).expect_success();
    assert_eq!(accepted.json()["jti"], "api_x");
    assert_eq!(accepted.stderr, "the signature is valid; the token expired at 1970-01-01T00:16:40Z\n");
    let error = verify_signed_with(arguments, claims, Some("AA")).expect_failure(3);
    assert_eq!(error, "error: invalid token: signature is invalid\n");
    let other_audience = verify_signed_with(arguments, r#""aud": "b", "exp": 1000"#, None).expect_failure(3);
    assert!(other_audience.contains("claim `aud`"), "{other_audience}");
}

#[test]
fn verify_escapes_claims_with_control_characters() {
    let claims = r#""aud": "a", "x\u001b[2J": "\u202e\n""#;
    let table = verify_signed_with("", claims, None).expect_success();
    assert!(table.stdout.contains("x\\u{1b}[2J  \\u{202e}\\u{a}\n"), "{table:?}");
}
