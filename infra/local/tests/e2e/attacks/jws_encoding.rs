//! How a token is written down: base64url, parts, other serializations.

use serde_json::json;

use super::{
    attack::{Group, Row},
    forge::{Forge, encode},
};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Another spelling of a part.
type Spell = fn(&str) -> String;

/// `part` with a bit set that stands for nothing (RFC 4648, section 3.5). Its length must leave some over.
fn stray_bits(part: &str) -> String {
    assert_ne!(part.len() % 4, 0, "no bits are left over");
    let (rest, last) = part.split_at(part.len() - 1);
    let place = ALPHABET.iter().position(|letter| *letter == last.as_bytes()[0]).unwrap();
    format!("{rest}{}", char::from(ALPHABET[place | 1]))
}

/// Header and claims of the good token with white space behind, until bits are left over and both letters of base64url that
/// base64 has not are there.
fn parts(forge: &Forge<'_>) -> [String; 2] {
    [&forge.plain.header, &forge.plain.claims].map(|object| {
        let text = object.to_string();
        let text = format!("{},\"x\":\"???>>>??\u{fe}\u{ff}>>\"}}", &text[..text.len() - 1]);
        let wanted = |part: &String| !part.len().is_multiple_of(4) && part.contains('_') && part.contains('-');
        let padded = (0..30).map(|n| encode(format!("{}{text}{}", " ".repeat(n % 5), " ".repeat(n / 5))));
        padded.into_iter().find(wanted).unwrap()
    })
}

pub fn group(forge: &Forge<'_>) -> Group {
    let mut rows = signed_anew(forge);
    rows.extend(changed(forge));
    rows.extend(wrapped(&forge.plain.token));
    rows.extend(part_counts(forge));
    rows.extend(serializations(forge));
    let [header, claims] = parts(forge);
    let legal =
        vec![Row::legal("white space behind the JSON", &forge.sealed(&forge.key, &format!("{header}.{claims}")))];
    Group::new("base64url, parts", &forge.plain.token, rows).beside(legal)
}

/// Other spellings of a part, signed as they stand there.
fn signed_anew(forge: &Forge<'_>) -> Vec<Row> {
    let spell: [(&str, Spell); 9] = [
        ("stray bits", stray_bits),
        ("padding", |part| format!("{part}{}", "=".repeat(4 - part.len() % 4))),
        ("too much padding", |part| format!("{part}====")),
        ("the letters of base64", |part| part.replace('-', "+").replace('_', "/")),
        ("a space inside", |part| format!("{} {}", &part[..8], &part[8..])),
        ("a tab inside", |part| format!("{}\t{}", &part[..8], &part[8..])),
        ("percent encoding", |part| format!("%{:02X}{}", part.as_bytes()[0], &part[1..])),
        ("a letter over", |part| format!("{}A", &part[..part.len() / 4 * 4])),
        ("an underscore for nothing", |part| format!("{part}%00")),
    ];
    let [header, claims] = parts(forge);
    let rows = spell.iter().flat_map(|(what, spell)| {
        let input = [format!("{}.{claims}", spell(&header)), format!("{header}.{}", spell(&claims))];
        let token = input.map(|input| forge.sealed(&forge.key, &input));
        let [in_header, in_claims] = token;
        [Row::new(format!("{what} in the header"), &in_header), Row::new(format!("{what} in the claims"), &in_claims)]
    });
    rows.collect()
}

/// The good token with another spelling of its signature.
fn changed(forge: &Forge<'_>) -> Vec<Row> {
    let token = &forge.plain.token;
    let (input, signature) = token.rsplit_once('.').unwrap();
    let standard = signature.replace('-', "+").replace('_', "/");
    let signatures = [
        ("stray bits", stray_bits(signature)),
        ("padding", format!("{signature}==")),
        ("one sign of padding", format!("{signature}=")),
        ("a dot of padding", format!("{signature}.")),
        ("a space inside", format!("{} {}", &signature[..9], &signature[9..])),
        ("percent encoding", format!("%{:02X}{}", signature.as_bytes()[0], &signature[1..])),
        ("a letter more", format!("{signature}A")),
        ("a letter less", signature[..signature.len() - 1].to_owned()),
        ("four letters more", format!("{signature}AAAA")),
        ("other case", signature.to_uppercase()),
    ];
    let mut rows: Vec<_> = signatures
        .iter()
        .map(|(what, signature)| Row::new(format!("{what} in the signature"), &format!("{input}.{signature}")))
        .collect();
    if standard != signature {
        rows.push(Row::new("the letters of base64 in the signature", &format!("{input}.{standard}")));
    }
    rows
}

/// The good token with something around it, or written in another way.
fn wrapped(token: &str) -> Vec<Row> {
    let texts = [
        ("in quotes", format!("\"{token}\"")),
        ("in single quotes", format!("'{token}'")),
        ("in angles", format!("<{token}>")),
        ("two, with a comma", format!("{token},{token}")),
        ("two, with a comma and the scheme", format!("{token}, Bearer {token}")),
        ("two, with a space", format!("{token} {token}")),
        ("the scheme twice", format!("Bearer {token}")),
        ("a semicolon behind", format!("{token};x=y")),
        ("a name before", format!("token={token}")),
        ("a tab before", format!("\t{token}")),
        ("dots as escapes", token.replace('.', "%2E")),
        ("dots as colons", token.replace('.', ":")),
        ("all of it encoded", encode(token)),
        ("letters from back to front", token.chars().rev().collect()),
    ];
    texts.iter().map(|(what, text)| Row::new(*what, text)).collect()
}

/// Fewer parts than three, more, and empty ones.
fn part_counts(forge: &Forge<'_>) -> Vec<Row> {
    let [header, claims, signature] = forge.plain.parts();
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
        format!("{}~", forge.plain.token),
    ];
    texts.iter().enumerate().map(|(n, text)| Row::new(format!("the {n}. order of parts"), text)).collect()
}

/// The JSON serializations (RFC 7515, section 7.2), which are none of a JWT (RFC 7519, section 1).
fn serializations(forge: &Forge<'_>) -> Vec<Row> {
    let [header, claims, signature] = forge.plain.parts();
    let one = json!({"protected": header, "signature": signature});
    let unprotected = json!({"header": forge.plain.header, "signature": signature});
    [
        json!({"payload": claims, "protected": header, "signature": signature}),
        json!({"payload": claims, "signatures": [one]}),
        json!({"payload": claims, "signatures": [unprotected, one]}),
        json!({"payload": claims, "protected": header, "header": {"alg": "none"}, "signature": signature}),
        json!({"payload": claims, "header": forge.plain.header, "signature": signature}),
        json!([header, claims, signature]),
        json!(forge.plain.token),
        json!({"token": forge.plain.token}),
    ]
    .iter()
    .enumerate()
    .flat_map(|(n, json)| {
        let text = json.to_string();
        [
            Row::new(format!("the {n}. JSON serialization"), &text),
            Row::new(format!("the {n}. JSON serialization, encoded"), &encode(&text)),
        ]
    })
    .collect()
}
