//! Checking a token offline, and the published keys.

use std::fs;

use jsonwebtoken::{
    Algorithm, EncodingKey, Header,
    jwk::{Jwk, ThumbprintHash},
};
use serde_json::{Value, json, value::RawValue};

use crate::{
    program::{Ended, Program, SHARED, elsewhere},
    service::{answer, answering, bind},
};

fn verify(words: &str, token: &str) -> Ended {
    SHARED.program(&format!("token verify {words}")).input(token).run()
}

#[test]
fn a_token_verifies_by_the_published_keys_and_it_is_said_what_cannot_be_seen() {
    let (id, token) = SHARED.token("--role 123:viewer --expires-in 1h");
    let seen = verify("", &format!("{token}\n")).ok();
    assert_eq!(seen.err, "it verifies; whether it was revoked cannot be seen offline\n");
    assert!(seen.out.contains(&format!("sub           {id}\n")), "{seen:?}");
    let claims = verify("--output json", &token).ok().json();
    assert_eq!((&claims["jti"], &claims["assume_roles"][0]), (&Value::from(id), &Value::from("123:viewer")));

    let folder = elsewhere();
    let (issuer, url) = (&SHARED.stack.local.issuer, &SHARED.stack.local.url);
    let alone = Program::new(folder.path(), &format!("token verify --issuer {issuer} --audience {url}"));
    alone.input(&token).run().ok();
}

#[test]
fn a_token_that_does_not_verify_is_refused_with_the_reason() {
    let (_, token) = SHARED.token("");
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let (_, claims) = signed.split_once('.').unwrap();
    let other = SHARED.token("").1;
    let other_signature = other.rsplit_once('.').unwrap().1;
    // {"alg":"RS256","typ":"at+jwt","kid":"x"} and {"alg":"RS256","kid":"x"}
    let unknown_key = "eyJhbGciOiJSUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6IngifQ";
    let untyped = "eyJhbGciOiJSUzI1NiIsImtpZCI6IngifQ";
    for (words, token, reason) in [
        ("", format!("{signed}.{other_signature}"), "its signature is wrong"),
        ("", format!("{unknown_key}.{claims}.{signature}"), "no key of its issuer has its `kid`"),
        ("", format!("{untyped}.{claims}.{signature}"), "its `typ` is not `at+jwt`"),
        ("", "not a token".to_owned(), "it is no JWS in compact serialization with an issuer"),
        ("", SHARED.person("123", "1001"), "its issuer is not "),
        (
            "--issuer https://issuer.example/v1/access-tokens",
            token.clone(),
            "its issuer is not https://issuer.example/v1/access-tokens",
        ),
        ("--audience https://other.example", token.clone(), "its audience is not https://other.example"),
    ] {
        let refused = verify(words, &token).failed(3);
        assert!(refused.starts_with(&format!("error: the token is refused: {reason}")), "{refused}");
    }
}

/// A token of `issuer` with these claims beside it, as they are written, and a key of the local identity provider.
fn signed(issuer: &str, claims: &str) -> String {
    let text = fs::read_to_string(SHARED.folder.path().join(".local/identity.json")).unwrap();
    let identity: Value = serde_json::from_str(&text).unwrap();
    let pem =
        format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", identity["rsa"].as_str().unwrap());
    let key = EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap();
    let jwk = Jwk::from_encoding_key(&key, Algorithm::RS256).unwrap();
    let (typ, kid) = (Some("at+jwt".to_owned()), jwk.thumbprint(ThumbprintHash::SHA256).ok());
    let claims = RawValue::from_string(format!("{{\"iss\":\"{issuer}\",{claims}}}")).unwrap();
    jsonwebtoken::encode(&Header { typ, kid, ..Header::new(Algorithm::RS256) }, &claims, &key).unwrap()
}

/// Verifies such a token, with another signature where asked for, at an issuer that publishes the key.
fn verify_signed(claims: &str, signature: Option<&str>) -> Ended {
    let (listener, issuer) = bind();
    let mut token = signed(&issuer, claims);
    if let Some(other) = signature {
        token = format!("{}.{other}", token.rsplit_once('.').unwrap().0);
    }
    let document = json!({"issuer": issuer, "jwks_uri": format!("{issuer}/keys")}).to_string();
    let keys = serde_json::to_string(&SHARED.stack.idp.identity().jwks()).unwrap();
    let _ = answering(listener, vec![answer(200, "", &document), answer(200, "", &keys)]);
    verify(&format!("--issuer {issuer} --audience a --output json"), &token)
}

#[test]
fn the_signature_comes_first_and_then_each_claim_has_its_reason() {
    let unusable = "a claim is absent, ill-typed or doubled";
    for (claims, reason) in [
        (r#""aud": "b", "exp": 1000"#, "its audience is not a"),
        (r#""aud": ["b", "a"], "exp": 1000"#, "it expired at 1970-01-01T00:16:40Z"),
        (r#""aud": "a", "nbf": 4000000000"#, "it is not valid yet"),
        (r#""x": 1"#, unusable),
        (r#""aud": "a", "exp": null"#, unusable),
        (r#""aud": "a", "exp": "4000000000""#, unusable),
        (r#""aud": "a", "aud": "a""#, unusable),
        (r#""aud": "a", "x": 1, "x": 2"#, unusable),
    ] {
        let refused = verify_signed(claims, None).failed(3);
        assert_eq!(refused, format!("error: the token is refused: {reason}\n"), "{claims}");
        let refused = verify_signed(claims, Some("AA")).failed(3);
        assert_eq!(refused, "error: the token is refused: its signature is wrong\n", "{claims}");
    }
    let claims = verify_signed(r#""aud": "a", "exp": 4000000000, "x": 1"#, None).ok();
    assert!(claims.out.ends_with("\"aud\": \"a\", \"exp\": 4000000000, \"x\": 1}\n"), "{claims:?}");
}

#[test]
fn an_issuer_that_cannot_be_asked_is_not_an_invalid_token() {
    let folder = elsewhere();
    fs::create_dir(folder.path().join(".local")).unwrap();
    let (_, token) = SHARED.token("");
    let silent = SHARED.program("token verify --issuer ftp://x").input(&token).run().failed(2);
    assert!(silent.contains("`ftp://x` is no issuer"), "{silent}");
    let none = Program::new(folder.path(), "token verify").input(&token).run().failed(6);
    assert!(none.contains("no local service runs"), "{none}");
}

#[test]
fn the_published_keys_are_shown_the_signing_one_first() {
    let shown = SHARED.run("keys").ok().out;
    let lines: Vec<Vec<&str>> = shown.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0], ["FAMILY", "KID", "ALG", "USE"], "{shown}");
    assert_eq!((lines[1][0], lines[1][2], lines[1][3]), ("access", "RS256", "signs"), "{shown}");
    let json = SHARED.run("keys --output json").ok().json();
    assert_eq!(json["access"]["keys"][0]["kid"], lines[1][1]);
}

#[test]
fn tokens_made_before_a_rotation_are_counted() {
    SHARED.token("");
    let before = SHARED.run("keys --rotated-at 2020-01-01T00:00:00Z --output json").ok().json();
    assert_eq!(before["older_tokens"]["access"]["tokens"], 0);
    let after = SHARED.run("keys --rotated-at 2099-01-01T00:00:00Z --output json").ok().json();
    assert!(after["older_tokens"]["access"]["without_end"].as_u64().unwrap() >= 1, "{after}");
    let told = SHARED.run("keys --rotated-at 2099-01-01T00:00:00Z").ok().out;
    assert!(told.contains("those without end are revoked"), "{told}");
}
