//! Target `idempotency-key`: the header `Idempotency-Key`.

use std::str::from_utf8;

use shared::token::{IdempotencyKey, TokenId, TypeName};

use super::{Target, text_seeds};

pub(super) const TARGET: Target = Target { name: "idempotency-key", run, seeds };

/// A key has 1 to 255 visible ASCII characters and may be quoted. The quoted key is the same key and leads to the same
/// token; another key, principal or organization leads to another token.
fn run(bytes: &[u8]) {
    let Ok(text) = from_utf8(bytes) else { return };
    let unquoted = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
    let is_valid = (1..=255).contains(&unquoted.len()) && unquoted.bytes().all(|byte| byte.is_ascii_graphic());
    let parsed = text.parse::<IdempotencyKey>();
    assert_eq!(parsed.is_ok(), is_valid, "{text:?}");
    let Ok(key) = parsed else { return };
    assert_eq!(format!("\"{unquoted}\"").parse(), Ok(key.clone()), "{text:?}");
    let token_keys = [("1", "a|1"), ("2", "a|1"), ("1", "a|2"), ("1", "b|1")]
        .map(|(org, principal)| key.token_key(&org.parse().unwrap(), &principal.parse().unwrap()));
    for (index, token_key) in token_keys.iter().enumerate() {
        assert!(!token_keys[..index].contains(token_key), "{text:?}");
        let id = TokenId::new(TypeName::Api, token_key.clone());
        assert_eq!(id.to_string().parse(), Ok(id), "{text:?}");
    }
    if let Ok(longer) = format!("{unquoted}x").parse::<IdempotencyKey>() {
        assert_ne!(longer.token_key(&"1".parse().unwrap(), &"a|1".parse().unwrap()), token_keys[0], "{text:?}");
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let longest = "k".repeat(255);
    text_seeds([
        "k",
        "\"k\"",
        "\"",
        "\"\"",
        "\"\"\"",
        "8e03978e-40d5-43dd-bc93-6894a57f9324",
        "a b",
        "k\u{7f}",
        &longest,
        &format!("\"{longest}\""),
    ])
}
