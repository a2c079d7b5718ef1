//! The access family, the public family and the identity provider: each accepts only tokens signed with its own keys.

use serde_json::{Value, json};

use super::{
    attack::{Attack, AttackGroup},
    forge::{TokenForge, ValidToken, with_member},
    idp_tokens::IdpKeys,
    request::Request,
};
use crate::kms_keys::KmsKey;

pub fn group(forge: &TokenForge<'_>) -> AttackGroup {
    let mut attacks = Vec::new();
    let mut denied = Vec::new();
    for (token_type, members) in [("journey", json!({"journey_id": "j"})), ("portal", json!({"portal_id": "p"}))] {
        let token = forge.create_token(&forge.owner, &members);
        attacks.extend(combinations(forge, token_type, &token, &forge.public_key));
        let request = Request::new("GET", "/v1/permissions/me", &token.jwt);
        denied.push(Attack::new(format!("{token_type} token is authenticated and denied"), 403, vec![request]));
    }
    attacks.extend(combinations(forge, "access", &forge.owner_token, &forge.access_key));
    attacks.extend(combinations(forge, "access child", &forge.child_token, &forge.access_key));
    attacks.extend(provider_combinations(forge));
    AttackGroup::new("other family or provider", &forge.owner_token.jwt, attacks).with_valid_variants(denied)
}

/// The claims of a valid token with each issuer, signed with each key, with each `kid`. The valid combination is left out.
fn combinations(forge: &TokenForge<'_>, kind: &str, token: &ValidToken, own: &KmsKey) -> Vec<Attack> {
    let access_issuer = forge.owner_token.claims["iss"].as_str().unwrap();
    let issuers = [("access", access_issuer.to_owned()), ("public", format!("{access_issuer}/public"))];
    let keys = [("access", &forge.access_key), ("public", &forge.public_key), ("unknown", &forge.unknown_key)];
    let mut attacks = Vec::new();
    for (issuer_name, issuer) in &issuers {
        for (signer_name, signer) in keys {
            for (kid_name, kid) in keys {
                if token.claims["iss"] == *issuer && signer.arn == own.arn && kid.arn == own.arn {
                    continue;
                }
                let header = with_member(&token.header, "kid", &json!(kid.kid()));
                let claims = with_member(&token.claims, "iss", &json!(issuer));
                let jwt = forge.sign_with(signer, header.to_string(), claims.to_string());
                let name = format!("{kind} token: {issuer_name} issuer, {signer_name} key, {kid_name} kid");
                attacks.push(Attack::rejected(name, &jwt));
            }
        }
    }
    attacks
}

/// Tokens of the service signed by the provider, and user tokens signed by the service.
fn provider_combinations(forge: &TokenForge<'_>) -> Vec<Attack> {
    let keys = IdpKeys::read(forge.stack);
    let user_claims = keys.claims(forge);
    let own_claims = &forge.owner_token.claims;
    let user_with_own_issuer = with_member(&user_claims, "iss", &own_claims["iss"]);
    let own_with_provider_issuer = with_member(own_claims, "iss", &user_claims["iss"]);
    let mut attacks = Vec::new();
    for (kid_name, kid) in [("provider's", keys.rsa_kid.as_str()), ("own", forge.access_key.kid())] {
        for typ in ["at+jwt", "JWT"] {
            let header = json!({"alg": "RS256", "typ": typ, "kid": kid});
            let by_provider = |claims: &Value| keys.with_header(&header, claims);
            let by_service = |claims: &Value| forge.sign(header.to_string(), claims.to_string());
            for (name, token) in [
                ("own claims, signed by the provider", by_provider(own_claims)),
                ("user claims with own issuer, signed by the provider", by_provider(&user_with_own_issuer)),
                ("own claims with the provider's issuer, signed by the service", by_service(&own_with_provider_issuer)),
                ("user claims, signed by the service", by_service(&user_claims)),
                ("user claims with own issuer, signed by the service", by_service(&user_with_own_issuer)),
                ("own claims with the provider's issuer, signed by it", by_provider(&own_with_provider_issuer)),
            ] {
                attacks.push(Attack::rejected(format!("{name}, typ {typ}, {kid_name} kid"), &token));
            }
        }
    }
    attacks
}
