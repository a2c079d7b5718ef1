//! Encodings of a token other than the compact serialization: base64url variants, part counts, JSON serializations.

use serde_json::json;

use super::{
    attack::{Attack, AttackGroup},
    forge::{TokenForge, base64url},
};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Encodes a base64url part differently.
type Reencode = fn(&str) -> String;

/// `part` with an unused bit set (RFC 4648, section 3.5). Its length must leave unused bits.
fn set_unused_bit(part: &str) -> String {
    assert_ne!(part.len() % 4, 0, "the part has no unused bits");
    let (rest, last) = part.split_at(part.len() - 1);
    let index = ALPHABET.iter().position(|letter| *letter == last.as_bytes()[0]).unwrap();
    format!("{rest}{}", char::from(ALPHABET[index | 1]))
}

/// Header and claims of the valid token, padded with white space until the encoded part has unused bits and contains both `-`
/// and `_`, which differ from base64.
fn padded_parts(forge: &TokenForge<'_>) -> [String; 2] {
    [&forge.owner_token.header, &forge.owner_token.claims].map(|object| {
        let text = object.to_string();
        let text = format!("{},\"x\":\"???>>>??\u{fe}\u{ff}>>\"}}", &text[..text.len() - 1]);
        let is_suitable = |part: &String| !part.len().is_multiple_of(4) && part.contains('_') && part.contains('-');
        let mut padded = (0..30).map(|n| base64url(format!("{}{text}{}", " ".repeat(n % 5), " ".repeat(n / 5))));
        padded.find(is_suitable).unwrap()
    })
}

pub fn group(forge: &TokenForge<'_>) -> AttackGroup {
    let mut attacks = reencoded_and_signed(forge);
    attacks.extend(reencoded_signature(forge));
    attacks.extend(wrapped(&forge.owner_token.jwt));
    attacks.extend(part_counts(forge));
    attacks.extend(serializations(forge));
    let [header, claims] = padded_parts(forge);
    let valid = vec![Attack::valid(
        "white space around the JSON",
        &forge.sign_input(&forge.access_key, &format!("{header}.{claims}")),
    )];
    AttackGroup::new("base64url, parts", &forge.owner_token.jwt, attacks).with_valid_variants(valid)
}

/// Header or claims encoded differently, with a correct signature of the result.
fn reencoded_and_signed(forge: &TokenForge<'_>) -> Vec<Attack> {
    let reencodings: [(&str, Reencode); 9] = [
        ("unused bit set", set_unused_bit),
        ("padding", |part| format!("{part}{}", "=".repeat(4 - part.len() % 4))),
        ("too much padding", |part| format!("{part}====")),
        ("base64 alphabet", |part| part.replace('-', "+").replace('_', "/")),
        ("space", |part| format!("{} {}", &part[..8], &part[8..])),
        ("tab", |part| format!("{}\t{}", &part[..8], &part[8..])),
        ("percent encoding", |part| format!("%{:02X}{}", part.as_bytes()[0], &part[1..])),
        ("incomplete group", |part| format!("{}A", &part[..part.len() / 4 * 4])),
        ("encoded NUL at the end", |part| format!("{part}%00")),
    ];
    let [header, claims] = padded_parts(forge);
    let mut attacks = Vec::new();
    for (name, reencode) in reencodings {
        for (part, input) in [
            ("header", format!("{}.{claims}", reencode(&header))),
            ("claims", format!("{header}.{}", reencode(&claims))),
        ] {
            let token = forge.sign_input(&forge.access_key, &input);
            attacks.push(Attack::rejected(format!("{name} in the {part}"), &token));
        }
    }
    attacks
}

/// The valid token with its signature encoded differently.
fn reencoded_signature(forge: &TokenForge<'_>) -> Vec<Attack> {
    let token = &forge.owner_token.jwt;
    let (input, signature) = token.rsplit_once('.').unwrap();
    let standard = signature.replace('-', "+").replace('_', "/");
    let signatures = [
        ("unused bit set", set_unused_bit(signature)),
        ("padding", format!("{signature}==")),
        ("incomplete padding", format!("{signature}=")),
        ("dot at the end", format!("{signature}.")),
        ("space", format!("{} {}", &signature[..9], &signature[9..])),
        ("percent encoding", format!("%{:02X}{}", signature.as_bytes()[0], &signature[1..])),
        ("additional character", format!("{signature}A")),
        ("missing character", signature[..signature.len() - 1].to_owned()),
        ("four additional characters", format!("{signature}AAAA")),
        ("uppercase", signature.to_uppercase()),
    ];
    let attack = |(name, signature): (&str, String)| {
        Attack::rejected(format!("{name} in the signature"), &format!("{input}.{signature}"))
    };
    let mut attacks: Vec<_> = signatures.map(attack).into();
    if standard != signature {
        attacks.push(Attack::rejected("base64 alphabet in the signature", &format!("{input}.{standard}")));
    }
    attacks
}

/// The valid token with text around it, or encoded again.
fn wrapped(token: &str) -> Vec<Attack> {
    let texts = [
        ("double quotes", format!("\"{token}\"")),
        ("single quotes", format!("'{token}'")),
        ("angle brackets", format!("<{token}>")),
        ("twice, with a comma", format!("{token},{token}")),
        ("twice, with a comma and the scheme", format!("{token}, Bearer {token}")),
        ("twice, with a space", format!("{token} {token}")),
        ("scheme twice", format!("Bearer {token}")),
        ("parameter after it", format!("{token};x=y")),
        ("name before it", format!("token={token}")),
        ("tab before it", format!("\t{token}")),
        ("percent-encoded dots", token.replace('.', "%2E")),
        ("colons in place of dots", token.replace('.', ":")),
        ("encoded in base64url", base64url(token)),
        ("reversed", token.chars().rev().collect()),
    ];
    texts.iter().map(|(name, text)| Attack::rejected(*name, text)).collect()
}

/// Fewer or more than three parts, and empty ones.
fn part_counts(forge: &TokenForge<'_>) -> Vec<Attack> {
    let [header, claims, signature] = forge.owner_token.parts();
    let texts = [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        "...".to_owned(),
        header.to_owned(),
        claims.to_owned(),
        format!("{header}."),
        format!("{header}.."),
        format!("{header}.{claims}"),
        format!("{header}.{claims}."),
        format!("{claims}.{signature}"),
        format!("{header}..{signature}"),
        format!(".{claims}.{signature}"),
        format!("..{signature}"),
        format!(".{header}.{claims}.{signature}"),
        format!("{header}.{claims}..{signature}"),
        format!("{header}.{claims}.{signature}."),
        format!("{header}.{claims}.{signature}.."),
        format!("{header}.{claims}.{signature}.{signature}"),
        format!("{header}.{header}.{claims}.{signature}"),
        format!("{header}.{claims}.{claims}.{signature}"),
        format!("{header}.{claims}.{signature}.{claims}.{signature}"),
        format!("{claims}.{header}.{signature}"),
        format!("{signature}.{claims}.{header}"),
        format!("{header}~{claims}~{signature}"),
        format!("{}~", forge.owner_token.jwt),
    ];
    texts.iter().enumerate().map(|(n, text)| Attack::rejected(format!("parts, variant {n}"), text)).collect()
}

/// The JSON serializations (RFC 7515, section 7.2), which RFC 7519, section 1, does not permit.
fn serializations(forge: &TokenForge<'_>) -> Vec<Attack> {
    let [header, claims, signature] = forge.owner_token.parts();
    let one = json!({"protected": header, "signature": signature});
    let unprotected = json!({"header": forge.owner_token.header, "signature": signature});
    [
        json!({"payload": claims, "protected": header, "signature": signature}),
        json!({"payload": claims, "signatures": [one]}),
        json!({"payload": claims, "signatures": [unprotected, one]}),
        json!({"payload": claims, "protected": header, "header": {"alg": "none"}, "signature": signature}),
        json!({"payload": claims, "header": forge.owner_token.header, "signature": signature}),
        json!([header, claims, signature]),
        json!(forge.owner_token.jwt),
        json!({"token": forge.owner_token.jwt}),
    ]
    .iter()
    .enumerate()
    .flat_map(|(n, json)| {
        let text = json.to_string();
        [
            Attack::rejected(format!("JSON serialization, variant {n}"), &text),
            Attack::rejected(format!("JSON serialization, variant {n}, encoded"), &base64url(&text)),
        ]
    })
    .collect()
}
