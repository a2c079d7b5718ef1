//! Time claims that are not a valid `NumericDate` (RFC 7519, section 2), or that differ from the item.

use serde_json::json;

use super::{
    attack::{Attack, AttackGroup},
    forge::{TokenForge, ValidToken, with_member, with_member_text},
};

/// JSON texts. None is the time of an item.
const TIMES: [&str; 26] = [
    "\"\"",
    "\"1566656122\"",
    "\"2100-01-01T00:00:00Z\"",
    "1566656122.5",
    "4102444800.0",
    "4.1024448e9",
    "1e400",
    "-1e400",
    "1e-400",
    "-1",
    "-0",
    "0",
    "-0.0",
    "null",
    "true",
    "[4102444800]",
    "{}",
    "2147483648",
    "4294967296",
    "9007199254740993",
    "253402300800",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "-9223372036854775808",
];

fn attack(forge: &TokenForge<'_>, name: String, base: &ValidToken, claim: &str, text: &str) -> Attack {
    let claims = with_member_text(&base.claims, claim, text);
    Attack::rejected(name, &forge.sign(base.header.to_string(), claims))
}

pub fn group(forge: &TokenForge<'_>) -> AttackGroup {
    let mut attacks = Vec::new();
    for (kind, base) in [("without expiry", &forge.owner_token), ("with expiry", &forge.child_token)] {
        for claim in ["exp", "iat", "nbf"] {
            for text in TIMES {
                attacks.push(attack(forge, format!("token {kind}: {claim} {text}"), base, claim, text));
            }
        }
        for claim in ["exp", "iat"] {
            let Some(value) = base.claims.get(claim) else { continue };
            for text in [format!("\"{value}\""), format!("{value}.0"), format!("{value}e0"), format!("[{value}]")] {
                attacks.push(attack(forge, format!("token {kind}: its own {claim} as {text}"), base, claim, &text));
            }
        }
    }
    let unknown_claim = forge.with_claims(&with_member(&forge.owner_token.claims, "auth_time", &json!("never")));
    let valid = vec![Attack::valid("a time claim that the service does not use", &unknown_claim)];
    AttackGroup::new("exp, iat, nbf", &forge.owner_token.jwt, attacks).with_valid_variants(valid)
}
