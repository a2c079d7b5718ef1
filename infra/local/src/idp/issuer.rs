//! The identity provider's issuer URL and signing keys, which one file stores, and the tokens that they sign.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use data_dir::IDENTITY_FILE;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, jwk::JwkSet};
use serde::{Deserialize, Serialize};

use super::{error::IdpError, signing_keys::SigningKeyPair};
use crate::{key_pair::KeyType, private_file};

/// The audience of access tokens.
pub const AUDIENCE: &str = "latchkey";

/// The claims of a user's access token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserClaims {
    /// The organization, `org_id`.
    pub org: String,
    /// The user, `sub`.
    pub user: String,
    /// The user's roles, `roles`. Without the claim, the assignments in the table apply.
    pub roles: Option<Vec<String>>,
    /// Lifetime in whole seconds; a fraction is ignored.
    pub ttl: Duration,
}

/// The issuer and its keys.
#[derive(Debug)]
pub struct Issuer {
    path: PathBuf,
    url: String,
    rsa: SigningKeyPair,
    p256: SigningKeyPair,
}

/// The contents of `identity.json`. It has no `Debug`, because it contains the private keys.
#[derive(Serialize, Deserialize)]
struct StoredIssuer {
    issuer: String,
    rsa: String,
    p256: String,
}

#[derive(Serialize)]
struct AccessTokenClaims<'a> {
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
    /// Reads `identity.json` in the directory `data`; `None` if the file does not exist.
    ///
    /// # Errors
    ///
    /// Returns [`IdpError`] if the file cannot be read or is invalid.
    pub fn read(data: &Path) -> Result<Option<Self>, IdpError> {
        let path = file_path(data);
        let Some(contents) = private_file::read(&path)? else { return Ok(None) };
        Self::from_stored(path, serde_json::from_slice(&contents)?).map(Some)
    }

    /// Reads the issuer in the directory `data`, or creates one with the URL `http://127.0.0.1:<preferred_port>`. With the
    /// port 0, [`Idp::start`](super::Idp::start) chooses the port.
    ///
    /// # Errors
    ///
    /// Returns [`IdpError`] if the file cannot be read or written, or is invalid.
    pub fn open(data: &Path, preferred_port: u16) -> Result<Self, IdpError> {
        if let Some(issuer) = Self::read(data)? {
            return Ok(issuer);
        }
        let stored = StoredIssuer {
            issuer: loopback_url(preferred_port),
            rsa: SigningKeyPair::generate(KeyType::Rsa2048)?,
            p256: SigningKeyPair::generate(KeyType::P256)?,
        };
        let issuer = Self::from_stored(file_path(data), stored)?;
        issuer.save()?;
        Ok(issuer)
    }

    fn from_stored(path: PathBuf, stored: StoredIssuer) -> Result<Self, IdpError> {
        let rsa = SigningKeyPair::read(Algorithm::RS256, stored.rsa)?;
        let p256 = SigningKeyPair::read(Algorithm::ES256, stored.p256)?;
        Ok(Self { path, url: stored.issuer, rsa, p256 })
    }

    /// The issuer's URL, without a trailing slash.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The public keys.
    #[must_use]
    pub fn jwks(&self) -> JwkSet {
        JwkSet { keys: vec![self.rsa.jwk.clone(), self.p256.jwk.clone()] }
    }

    /// Issues a user's access token, a JWT signed with RS256 and valid from `now`.
    ///
    /// # Errors
    ///
    /// Returns [`IdpError::Key`] if the key cannot be used.
    pub fn token(&self, user: &UserClaims, now: Timestamp) -> Result<String, IdpError> {
        let ttl = i64::try_from(user.ttl.as_secs()).unwrap_or(i64::MAX);
        let claims = AccessTokenClaims {
            iss: &self.url,
            sub: &user.user,
            aud: AUDIENCE,
            org_id: &user.org,
            iat: now.as_second(),
            exp: now.as_second().saturating_add(ttl),
            roles: user.roles.as_deref(),
        };
        self.sign(&claims)
    }

    /// Signs claims as a JWT with RS256.
    ///
    /// # Errors
    ///
    /// Returns [`IdpError::Key`] if the key cannot be used or the claims cannot be serialized.
    pub(super) fn sign(&self, claims: &impl Serialize) -> Result<String, IdpError> {
        self.rsa.sign(claims)
    }

    /// The port of the issuer's URL; 0 if none has been chosen yet.
    pub(super) fn port(&self) -> u16 {
        self.url.rsplit_once(':').and_then(|(_, port)| port.parse().ok()).unwrap_or_default()
    }

    /// Changes the port of the issuer's URL, and stores the change.
    pub(super) fn set_port(&mut self, port: u16) -> Result<(), IdpError> {
        if self.port() == port {
            return Ok(());
        }
        self.url = loopback_url(port);
        self.save()
    }

    fn save(&self) -> Result<(), IdpError> {
        let stored =
            StoredIssuer { issuer: self.url.clone(), rsa: self.rsa.pkcs8.clone(), p256: self.p256.pkcs8.clone() };
        Ok(private_file::write(&self.path, &serde_json::to_vec_pretty(&stored)?)?)
    }
}

fn file_path(data: &Path) -> PathBuf {
    data.join(IDENTITY_FILE)
}

fn loopback_url(port: u16) -> String {
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

    /// Verifies `token` with the published key of its `kid`, and returns its claims.
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
    fn access_token_has_user_claims_and_verifies_with_jwks() {
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
    fn p256_key_signs_es256() {
        let folder = tempfile::tempdir().unwrap();
        let issuer = Issuer::open(folder.path(), 0).unwrap();
        let exp = Timestamp::now().as_second() + 60;
        let claims = json!({ "iss": issuer.url(), "aud": AUDIENCE, "exp": exp });
        let token = issuer.p256.sign(&claims).unwrap();
        assert_eq!(verify(&issuer, Algorithm::ES256, &token), claims);
    }

    #[test]
    fn stored_issuer_ignores_another_preferred_port() {
        let folder = tempfile::tempdir().unwrap();
        let first = Issuer::open(folder.path(), 4242).unwrap();
        let second = Issuer::open(folder.path(), 4243).unwrap();
        assert_eq!((first.url(), first.jwks()), (second.url(), second.jwks()));
    }

    #[test]
    fn debug_output_contains_no_private_key() {
        let folder = tempfile::tempdir().unwrap();
        let issuer = Issuer::open(folder.path(), 0).unwrap();
        let shown = format!("{issuer:?}");
        for key in [&issuer.rsa, &issuer.p256] {
            assert!(!shown.contains(&key.pkcs8[..40]));
        }
    }
}
