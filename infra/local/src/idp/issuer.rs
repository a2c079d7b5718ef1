//! Who the identity provider is: its issuer and its keys, kept in one file; and the tokens that it makes.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, jwk::JwkSet};
use serde::{Deserialize, Serialize};

use super::{IdpError, keys::SigningKeyPair};
use crate::{key_pair::KeyType, private_file};

/// The audience of every user's token.
pub const AUDIENCE: &str = "latchkey";

/// What a user's token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserClaims {
    /// The organization, `org_id`.
    pub org: String,
    /// The user, `sub`.
    pub user: String,
    /// The user's roles, `roles`; a token without the claim has none.
    pub roles: Option<Vec<String>>,
    /// How long the token is valid; a part of a second does not count.
    pub ttl: Duration,
}

/// Which of the two keys signs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SigningKey {
    /// RSA with 2048 bits, RS256.
    #[default]
    Rsa,
    /// P-256, ES256.
    P256,
}

/// The issuer and its keys.
#[derive(Debug)]
pub struct Issuer {
    path: PathBuf,
    issuer: String,
    rsa: SigningKeyPair,
    p256: SigningKeyPair,
}

/// An issuer as it is kept. It has no `Debug`, for the private keys' sake.
#[derive(Serialize, Deserialize)]
struct File {
    issuer: String,
    rsa: String,
    p256: String,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    org_id: &'a str,
    iat: i64,
    exp: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    roles: Option<&'a [String]>,
}

impl Issuer {
    /// Reads `identity.json` in the folder `data`, or makes it, then with the issuer `http://127.0.0.1:<preferred_port>`.
    /// With the port 0 the issuer is not settled before [`Idp::start`](super::Idp::start).
    ///
    /// # Errors
    ///
    /// When the file cannot be read, understood or made.
    pub fn open(data: &Path, preferred_port: u16) -> Result<Self, IdpError> {
        let path = data.join("identity.json");
        let kept = private_file::read(&path)?.map(|contents| serde_json::from_slice(&contents)).transpose()?;
        let is_new = kept.is_none();
        let File { issuer, rsa, p256 } = kept.map_or_else(|| new_identity(preferred_port), Ok)?;
        let rsa = SigningKeyPair::read(Algorithm::RS256, rsa)?;
        let p256 = SigningKeyPair::read(Algorithm::ES256, p256)?;
        let issuer = Self { path, issuer, rsa, p256 };
        if is_new {
            issuer.save()?;
        }
        Ok(issuer)
    }

    /// The issuer, without a trailing slash.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.issuer
    }

    /// The public keys.
    #[must_use]
    pub fn jwks(&self) -> JwkSet {
        JwkSet { keys: vec![self.rsa.jwk.clone(), self.p256.jwk.clone()] }
    }

    /// Makes the token of a user, a JWT signed with RS256 and valid from `now` on.
    ///
    /// # Errors
    ///
    /// When the key cannot be used.
    pub fn token(&self, user: &UserClaims, now: Timestamp) -> Result<String, IdpError> {
        let ttl = i64::try_from(user.ttl.as_secs()).unwrap_or(i64::MAX);
        let claims = Claims {
            iss: &self.issuer,
            sub: &user.user,
            aud: AUDIENCE,
            org_id: &user.org,
            iat: now.as_second(),
            exp: now.as_second().saturating_add(ttl),
            roles: user.roles.as_deref(),
        };
        self.sign(SigningKey::Rsa, &claims)
    }

    /// Signs any claims, as tests of refusals need them.
    ///
    /// # Errors
    ///
    /// When the key cannot be used or the claims are no JSON.
    pub fn sign(&self, key: SigningKey, claims: &impl Serialize) -> Result<String, IdpError> {
        match key {
            SigningKey::Rsa => self.rsa.sign(claims),
            SigningKey::P256 => self.p256.sign(claims),
        }
    }

    /// The issuer's port, 0 while it is not settled.
    pub(super) fn port(&self) -> u16 {
        self.issuer.rsplit_once(':').and_then(|(_, port)| port.parse().ok()).unwrap_or_default()
    }

    /// Changes the issuer to the one at `port`, and keeps the change.
    pub(super) fn move_to(&mut self, port: u16) -> Result<(), IdpError> {
        if self.port() == port {
            return Ok(());
        }
        self.issuer = issuer(port);
        self.save()
    }

    fn save(&self) -> Result<(), IdpError> {
        let file = File { issuer: self.issuer.clone(), rsa: self.rsa.pkcs8.clone(), p256: self.p256.pkcs8.clone() };
        Ok(private_file::write(&self.path, &serde_json::to_vec_pretty(&file)?)?)
    }
}

fn new_identity(port: u16) -> Result<File, IdpError> {
    let (rsa, p256) = (SigningKeyPair::generate(KeyType::Rsa2048)?, SigningKeyPair::generate(KeyType::P256)?);
    Ok(File { issuer: issuer(port), rsa, p256 })
}

fn issuer(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{DecodingKey, Validation, decode, decode_header};
    use serde_json::{Value, json};

    use super::*;

    fn user(roles: Option<Vec<String>>) -> UserClaims {
        UserClaims { org: "739224".to_owned(), user: "ada".to_owned(), roles, ttl: Duration::from_mins(10) }
    }

    /// Verifies `token` by the key of the set that its `kid` names, and gives its claims.
    fn verify(issuer: &Issuer, algorithm: Algorithm, token: &str) -> Value {
        let header = decode_header(token).unwrap();
        assert_eq!((header.alg, header.typ.as_deref()), (algorithm, Some("JWT")));
        let jwks = issuer.jwks();
        let jwk = jwks.find(&header.kid.unwrap()).unwrap();
        let mut validation = Validation::new(algorithm);
        validation.set_audience(&[AUDIENCE]);
        validation.set_issuer(&[issuer.url()]);
        decode::<Value>(token, &DecodingKey::from_jwk(jwk).unwrap(), &validation).unwrap().claims
    }

    #[test]
    fn a_persons_token_says_who_and_verifies_by_the_published_key() {
        let folder = tempfile::tempdir().unwrap();
        let issuer = Issuer::open(folder.path(), 4242).unwrap();
        let now = Timestamp::now();
        let token = issuer.token(&user(None), now).unwrap();
        let claims = verify(&issuer, Algorithm::RS256, &token);
        let expected = json!({
            "iss": "http://127.0.0.1:4242", "sub": "ada", "aud": "latchkey", "org_id": "739224",
            "iat": now.as_second(), "exp": now.as_second() + 600,
        });
        assert_eq!(claims, expected);
        let with_roles = issuer.token(&user(Some(vec!["owner".to_owned()])), now).unwrap();
        assert_eq!(verify(&issuer, Algorithm::RS256, &with_roles)["roles"], json!(["owner"]));
    }

    #[test]
    fn the_other_key_signs_es256() {
        let folder = tempfile::tempdir().unwrap();
        let issuer = Issuer::open(folder.path(), 0).unwrap();
        let exp = Timestamp::now().as_second() + 60;
        let claims = json!({ "iss": issuer.url(), "aud": AUDIENCE, "exp": exp });
        let token = issuer.sign(SigningKey::P256, &claims).unwrap();
        assert_eq!(verify(&issuer, Algorithm::ES256, &token), claims);
    }

    #[test]
    fn the_file_keeps_the_issuer_whatever_port_is_preferred_later() {
        let folder = tempfile::tempdir().unwrap();
        let first = Issuer::open(folder.path(), 4242).unwrap();
        let second = Issuer::open(folder.path(), 4243).unwrap();
        assert_eq!((first.url(), first.jwks()), (second.url(), second.jwks()));
    }

    #[test]
    fn debug_shows_no_private_key() {
        let folder = tempfile::tempdir().unwrap();
        let issuer = Issuer::open(folder.path(), 0).unwrap();
        let shown = format!("{issuer:?}");
        for key in [&issuer.rsa, &issuer.p256] {
            assert!(!shown.contains(&key.pkcs8[..40]));
        }
    }
}
