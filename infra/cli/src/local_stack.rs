//! The service on this machine: where `cargo local` says that it is, and a token for its owner.

use std::{fs, io, path::PathBuf};

use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::Url;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;
use shared::jwt::Unverified;

use crate::{error::Error, issuer};

/// Where `cargo local` keeps everything, below the current folder.
const FOLDER: &str = ".local";
/// The owner whom the shipped seed knows: organization and person.
const OWNER: (&str, &str) = ("123", "1001");
/// The audience of people's tokens there.
const AUDIENCE: &str = "latchkey";
/// For how long the owner's token is valid: one command.
const VALID: SignedDuration = SignedDuration::from_mins(15);

/// Where everything is: the members of `.local/local.json` that are of use here. The file is there while the service runs.
#[derive(Debug, Deserialize)]
pub struct LocalStack {
    /// The API's base URL.
    pub url: String,
    /// The ledger's table.
    pub table: String,
    /// The endpoint of `DynamoDB`.
    pub dynamodb_url: String,
    /// The issuer of people's tokens.
    idp_url: String,
}

/// Who signs people's tokens: the members of `.local/identity.json` that are of use here.
#[derive(Deserialize)]
struct Identity {
    issuer: String,
    /// A PKCS#8 document in base64.
    rsa: String,
}

impl LocalStack {
    /// The service that runs in `.local` below the current folder. It is on this machine: a folder that came from somewhere
    /// else does not decide where a credential goes.
    ///
    /// # Errors
    ///
    /// [`Error::Unreachable`] where none runs there; [`Error::Usage`] where the file names another machine.
    pub fn find() -> Result<Self, Error> {
        let found: Self = read("local.json")?.ok_or_else(|| {
            let sentence = "no local service runs in this folder: start one with `cargo local`, or name another";
            Error::Unreachable(format!("{sentence} (--url or LATCHKEY_URL; for the ledger --table)"))
        })?;
        if is_here(&found.url) && is_here(&found.dynamodb_url) {
            Ok(found)
        } else {
            Err(Error::Usage(format!("{FOLDER}/local.json names another machine: name it with --url or LATCHKEY_URL")))
        }
    }

    /// Whether the service on this machine is whom `credential` is meant for, by the issuer that it claims: one of the
    /// service's own, or the local identity provider. That one too has to be on this machine, or the file could name the
    /// issuer of a credential that it wants.
    #[must_use]
    pub fn knows(&self, credential: &str) -> bool {
        let Ok(unverified) = Unverified::parse(credential) else { return false };
        let own = issuer::families(self.url.trim_end_matches('/'));
        let claimed = unverified.issuer();
        own.iter().any(|own| own == claimed) || claimed == self.idp_url && is_here(&self.idp_url)
    }

    /// A token for the owner of the organization 123, a JWT as the local identity provider makes them.
    ///
    /// # Errors
    ///
    /// Where the identity provider's key cannot be used.
    pub fn owner_token() -> Result<String, Error> {
        let unusable = || Error::NoCredential(format!("{FOLDER}/identity.json has no key: set LATCHKEY_TOKEN"));
        let identity: Identity = read("identity.json")?.ok_or_else(unusable)?;
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", identity.rsa);
        let key = EncodingKey::from_rsa_pem(pem.as_bytes()).map_err(|_| unusable())?;
        let now = Timestamp::now();
        let claims = json!({
            "iss": identity.issuer, "sub": OWNER.1, "aud": AUDIENCE, "org_id": OWNER.0,
            "iat": now.as_second(), "exp": (now + VALID).as_second(),
        });
        jsonwebtoken::encode(&Header { kid: kid(&key), ..Header::new(Algorithm::RS256) }, &claims, &key)
            .map_err(|_| unusable())
    }
}

/// Whether `url` leads to this machine.
fn is_here(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| url.scheme() == "http" && url.host_str() == Some("127.0.0.1"))
}

/// The thumbprint of the public half (RFC 7638), by which the identity provider publishes it.
fn kid(key: &EncodingKey) -> Option<String> {
    let jwk = jsonwebtoken::jwk::Jwk::from_encoding_key(key, Algorithm::RS256).ok()?;
    jwk.thumbprint(jsonwebtoken::jwk::ThumbprintHash::SHA256).ok()
}

/// A file of the folder, `None` where there is no such file.
fn read<T: DeserializeOwned>(name: &str) -> Result<Option<T>, Error> {
    let path = PathBuf::from(FOLDER).join(name);
    let failed = |source| Error::Io { what: format!("`{}` cannot be read", path.display()), source };
    match fs::read(&path) {
        Ok(text) => serde_json::from_slice(&text).map(Some).map_err(|error| failed(error.into())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(error)),
    }
}
