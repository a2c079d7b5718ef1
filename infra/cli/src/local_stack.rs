//! The service that `cargo local` runs: its addresses, and a token for its seeded owner.

use std::{fs, io, path::PathBuf};

use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::Url;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;
use shared::jwt::Unverified;

use crate::{error::Error, token_family};

/// The directory in which `cargo local` stores its files, below the current directory.
const DATA_DIR: &str = ".local";
/// The organization of the seed file.
const SEED_ORG: &str = "123";
/// The user of the seed file who owns [`SEED_ORG`].
const SEED_OWNER: &str = "1001";
/// The audience of the local identity provider's tokens.
const IDP_AUDIENCE: &str = "latchkey";
/// Lifetime of the owner's token, which serves one command.
const OWNER_TOKEN_TTL: SignedDuration = SignedDuration::from_mins(15);

/// The addresses of the running service: members of `.local/local.json`, which exists while the service runs.
#[derive(Debug, Deserialize)]
pub struct LocalStack {
    /// The API's base URL.
    pub url: String,
    /// The ledger's table.
    pub table: String,
    /// The endpoint of `DynamoDB`.
    pub dynamodb_url: String,
    /// The local identity provider's issuer.
    idp_url: String,
}

/// The local identity provider's issuer and key: members of `.local/identity.json`.
#[derive(Deserialize)]
struct IdentityProvider {
    issuer: String,
    /// A PKCS#8 document in base64.
    rsa: String,
}

impl LocalStack {
    /// Returns the service that runs in `.local` below the current directory. Its addresses must be on this machine: a directory
    /// from an untrusted source must not decide where a credential is sent.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Unreachable`] if no service runs, and [`Error::Usage`] if the file names another machine.
    pub fn find() -> Result<Self, Error> {
        let stack: Self = read_file("local.json")?.ok_or_else(|| {
            let problem = "no local service runs in this directory";
            let action = "start one with `cargo local`, or pass `--url` (`--table` for `apply`)";
            Error::Unreachable(format!("{problem}: {action}"))
        })?;
        if is_on_this_machine(&stack.url) && is_on_this_machine(&stack.dynamodb_url) {
            Ok(stack)
        } else {
            Err(Error::Usage(format!(
                "`{DATA_DIR}/local.json` names another machine: pass its URL with `--url` or `LATCHKEY_URL`"
            )))
        }
    }

    /// Returns whether `credential` claims an issuer of this service or its local identity provider. The provider must be on
    /// this machine too: otherwise the file could name the issuer of the credential that it wants.
    #[must_use]
    pub fn is_issuer_of(&self, credential: &str) -> bool {
        let Ok(unverified) = Unverified::parse(credential) else { return false };
        let issuers = token_family::issuers(self.url.trim_end_matches('/'));
        let claimed = unverified.issuer();
        issuers.iter().any(|issuer| issuer == claimed) || claimed == self.idp_url && is_on_this_machine(&self.idp_url)
    }

    /// Issues a token for the seeded owner, signed with the local identity provider's key.
    ///
    /// # Errors
    ///
    /// Returns [`Error::NoCredential`] if the key is missing or malformed.
    pub fn owner_token() -> Result<String, Error> {
        let unusable =
            || Error::NoCredential(format!("`{DATA_DIR}/identity.json` has no usable key: set `LATCHKEY_TOKEN`"));
        let provider: IdentityProvider = read_file("identity.json")?.ok_or_else(unusable)?;
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", provider.rsa);
        let key = EncodingKey::from_rsa_pem(pem.as_bytes()).map_err(|_| unusable())?;
        let now = Timestamp::now();
        let claims = json!({
            "iss": provider.issuer, "sub": SEED_OWNER, "aud": IDP_AUDIENCE, "org_id": SEED_ORG,
            "iat": now.as_second(), "exp": (now + OWNER_TOKEN_TTL).as_second(),
        });
        let header = Header { kid: thumbprint(&key), ..Header::new(Algorithm::RS256) };
        jsonwebtoken::encode(&header, &claims, &key).map_err(|_| unusable())
    }
}

fn is_on_this_machine(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| url.scheme() == "http" && url.host_str() == Some("127.0.0.1"))
}

/// The thumbprint of the public key (RFC 7638), which is the published `kid`.
fn thumbprint(key: &EncodingKey) -> Option<String> {
    let jwk = jsonwebtoken::jwk::Jwk::from_encoding_key(key, Algorithm::RS256).ok()?;
    jwk.thumbprint(jsonwebtoken::jwk::ThumbprintHash::SHA256).ok()
}

/// Reads a JSON file of [`DATA_DIR`], `None` if it does not exist.
fn read_file<T: DeserializeOwned>(name: &str) -> Result<Option<T>, Error> {
    let path = PathBuf::from(DATA_DIR).join(name);
    let unreadable = |source| Error::Io { what: format!("cannot read `{}`", path.display()), source };
    match fs::read(&path) {
        Ok(text) => serde_json::from_slice(&text).map(Some).map_err(|error| unreadable(error.into())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable(error)),
    }
}
