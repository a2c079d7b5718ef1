//! Two families and an identity provider, each with keys of its own: none vouches for another.

use jsonwebtoken::Algorithm;
use serde_json::{Value, json};

use super::{
    attack::{Group, Row},
    forge::{Base, Forge, with},
    idp_tokens::PersonKeys,
    request::Request,
};
use crate::kms_keys::Key;

pub fn group(forge: &Forge<'_>) -> Group {
    let (mut rows, mut known) = (Vec::new(), Vec::new());
    for (family, members) in [("journey", json!({"journey_id": "j"})), ("portal", json!({"portal_id": "p"}))] {
        let base = forge.token(&forge.owner, &members);
        rows.extend(crossed(forge, family, &base, &forge.public));
        let request = Request::new("GET", "/v1/permissions/me", &base.token);
        known.push(Row::of(format!("a {family} token, known and not let in"), 403, vec![request]));
    }
    rows.extend(crossed(forge, "access", &forge.plain, &forge.key));
    rows.extend(crossed(forge, "access child", &forge.rich, &forge.key));
    rows.extend(providers(forge));
    Group::new("another family, the provider", &forge.plain.token, rows).beside(known)
}

/// The claims of a good token under each issuer, signed by each key, under each `kid`. What is as it was made is left out.
fn crossed(forge: &Forge<'_>, family: &str, base: &Base, own: &Key) -> Vec<Row> {
    let issuer = &forge.plain.claims["iss"];
    let issuers = [issuer.clone(), json!(format!("{}/public", issuer.as_str().unwrap()))];
    let keys = [("access", &forge.key), ("public", &forge.public), ("nobody", &forge.stranger)];
    let mut rows = Vec::new();
    for issuer in &issuers {
        for (signer, key) in keys {
            for (named, kid) in keys {
                let is_good = *issuer == base.claims["iss"] && key.arn == own.arn && kid.arn == own.arn;
                if is_good {
                    continue;
                }
                let header = with(&base.header, "kid", &json!(kid.kid()));
                let claims = with(&base.claims, "iss", issuer);
                let token = forge.signed_by(key, header.to_string(), claims.to_string());
                let public = issuer.as_str().unwrap().ends_with("/public");
                let name = format!("{family} token, public issuer: {public}, by the key of {signer}, kid of {named}");
                rows.push(Row::new(name, &token));
            }
        }
    }
    rows
}

/// The provider's keys speak for our issuers, and ours for the provider's.
fn providers(forge: &Forge<'_>) -> Vec<Row> {
    let keys = PersonKeys::of(forge.world);
    let person = keys.claims(forge);
    let ours = &forge.plain.claims;
    let mut rows = Vec::new();
    for (whose, kid) in [("the provider's", keys.rsa_kid()), ("ours", forge.key.kid().to_owned())] {
        for typ in ["at+jwt", "JWT"] {
            let header = json!({"alg": "RS256", "typ": typ, "kid": kid});
            let by_provider = |claims: &Value| keys.signed(&header, claims, Algorithm::RS256);
            let by_us = |claims: &Value| forge.signed(header.to_string(), claims.to_string());
            let person_with_ours = with(&person, "iss", &ours["iss"]);
            let ours_as_persons = with(ours, "iss", &person["iss"]);
            for (what, token) in [
                ("our claims, by the provider", by_provider(ours)),
                ("a person under our issuer, by the provider", by_provider(&person_with_ours)),
                ("our claims under the provider's issuer, by us", by_us(&ours_as_persons)),
                ("a person, by us", by_us(&person)),
                ("a person under our issuer, by us", by_us(&person_with_ours)),
                ("our claims under the provider's issuer, by the provider", by_provider(&ours_as_persons)),
            ] {
                rows.push(Row::new(format!("{what}, typ {typ}, kid {whose}"), &token));
            }
        }
    }
    rows
}
