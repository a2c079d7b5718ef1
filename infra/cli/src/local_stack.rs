//! The service that `cargo local` runs: its addresses, and a token for its seeded owner.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use data_dir::{IDENTITY_FILE, StackAddresses, StackSelection};
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::Url;
use serde::Deserialize;
use serde_json::json;
use shared::jwt::Unverified;

use crate::{error::Error, token_family};

/// The organization of the seed file.
const SEED_ORG: &str = "123";
/// The user of the seed file who owns [`SEED_ORG`].
const SEED_OWNER: &str = "1001";
/// The audience of the local identity provider's tokens.
const IDP_AUDIENCE: &str = "latchkey";
/// Lifetime of the owner's token, which serves one command.
const OWNER_TOKEN_TTL: SignedDuration = SignedDuration::from_mins(15);

/// A local stack that is running.
pub struct LocalStack {
    /// Its addresses.
    pub addresses: StackAddresses,
    data_dir: PathBuf,
}

/// The local identity provider's issuer and key: members of [`IDENTITY_FILE`].
#[derive(Deserialize)]
struct IdentityProvider {
    issuer: String,
    /// A PKCS#8 document in base64.
    rsa: String,
}

impl LocalStack {
    /// Returns the selected stack. Its addresses must be on this machine: a directory from an untrusted source must not decide
    /// where a credential is sent.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Unreachable`] if no stack is running, and [`Error::Usage`] if the file names another machine.
    pub fn find(selection: &StackSelection) -> Result<Self, Error> {
        let data_dir = selection.find()?;
        let addresses = StackAddresses::read(&data_dir)?;
        if is_on_this_machine(&addresses.url) && is_on_this_machine(&addresses.dynamodb_url) {
            Ok(Self { addresses, data_dir })
        } else {
            let file = data_dir.join(StackAddresses::FILE);
            let problem = format!("`{}` names another machine", file.display());
            Err(Error::Usage(format!("{problem}: pass its URL with `--url` or `LATCHKEY_URL`")))
        }
    }

    /// Returns whether `credential` claims an issuer of this stack or its identity provider. The provider must be on this
    /// machine too: otherwise the file could name the issuer of the credential that it wants.
    #[must_use]
    pub fn is_issuer_of(&self, credential: &str) -> bool {
        let Ok(unverified) = Unverified::parse(credential) else { return false };
        let issuers = token_family::issuers(self.addresses.url.trim_end_matches('/'));
        let idp_url = &self.addresses.idp_url;
        let claimed = unverified.issuer();
        issuers.iter().any(|issuer| issuer == claimed) || claimed == idp_url && is_on_this_machine(idp_url)
    }

    /// Issues a token for the seeded owner, signed with the local identity provider's key.
    ///
    /// # Errors
    ///
    /// Returns [`Error::NoCredential`] if the key is missing or malformed.
    pub fn owner_token(&self) -> Result<String, Error> {
        let path = self.data_dir.join(IDENTITY_FILE);
        let unusable = || Error::NoCredential(format!("`{}` has no usable key: set `LATCHKEY_TOKEN`", path.display()));
        let provider = read_identity_provider(&path)?.ok_or_else(unusable)?;
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

/// Reads the identity provider's file, `None` if it does not contain one.
fn read_identity_provider(path: &Path) -> Result<Option<IdentityProvider>, Error> {
    let unreadable = |source| Error::Io { what: format!("cannot read `{}`", path.display()), source };
    match fs::read(path) {
        Ok(text) => Ok(serde_json::from_slice(&text).ok()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable(error)),
    }
}
