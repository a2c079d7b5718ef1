//! The header `Idempotency-Key`.

use std::str::from_utf8;

use shared::token::{IdempotencyKey, TokenId, TypeName};

use super::{Target, texts};

pub(super) const TARGET: Target = Target { name: "idempotency", run, seeds };

/// A key has 1 to 255 visible ASCII characters between its quotes, if it has any; quoted it is the same key and makes the same
/// token, and another principal, organization or key makes another one.
fn run(bytes: &[u8]) {
    let Ok(text) = from_utf8(bytes) else { return };
    let quoted = text.len() >= 2 && text.starts_with('"') && text.ends_with('"');
    let bare = if quoted { &text[1..text.len() - 1] } else { text };
    let fits = (1..=255).contains(&bare.len()) && bare.bytes().all(|byte| (0x21..=0x7e).contains(&byte));
    let parsed = text.parse::<IdempotencyKey>();
    assert_eq!(parsed.is_ok(), fits, "{text:?}");
    let Ok(key) = parsed else { return };
    assert_eq!(format!("\"{bare}\"").parse(), Ok(key.clone()), "{text:?}");
    let made = [("1", "a|1"), ("2", "a|1"), ("1", "a|2"), ("1", "b|1")]
        .map(|(org, principal)| key.token_key(&org.parse().unwrap(), &principal.parse().unwrap()));
    for (at, one) in made.iter().enumerate() {
        assert!(!made[..at].contains(one), "{text:?}");
        let id = TokenId::new(TypeName::Api, one.clone());
        assert_eq!(id.to_string().parse(), Ok(id), "{text:?}");
    }
    let longer = format!("{bare}x")
        .parse::<IdempotencyKey>()
        .map(|other| other.token_key(&"1".parse().unwrap(), &"a|1".parse().unwrap()));
    assert_ne!(longer.as_ref(), Ok(&made[0]), "{text:?}");
}

fn seeds() -> Vec<Vec<u8>> {
    let longest = "k".repeat(255);
    texts([
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
