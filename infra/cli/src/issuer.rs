//! The keys of an issuer, fetched as anybody fetches them who checks tokens offline. Never from an address that a token names.

use shared::{
    authorize::may_be_fetched,
    https::{Client, Manner},
    jwt::Ring,
    oidc,
};

use crate::{
    access::Address,
    api::{AGENT, CONNECT, TOKENS, is_proxied},
    error::Error,
};

/// What follows the access family's issuer in the public family's.
pub const PUBLIC: &str = "/public";

/// The issuers whose tokens are looked at: the given one alone, or both families of the service at `address`.
///
/// # Errors
///
/// Those of [`Address::base`]; [`Error::Usage`] for an issuer that nothing may be fetched from.
pub fn expected(given: Option<&str>, address: &Address) -> Result<Vec<String>, Error> {
    match given {
        Some(issuer) if may_be_fetched(issuer) => Ok(vec![issuer.to_owned()]),
        Some(issuer) => Err(Error::Usage(format!("`{issuer}` is no issuer: https, or http to this machine"))),
        None => Ok(families(&address.base()?).into()),
    }
}

/// The issuers of both families of the service at `base`, which has no trailing slash.
#[must_use]
pub fn families(base: &str) -> [String; 2] {
    [format!("{base}{TOKENS}{PUBLIC}"), format!("{base}{TOKENS}")]
}

/// The audience of tokens of `issuer` where the operator set none: the base URL.
#[must_use]
pub fn usual_audience(issuer: &str) -> Option<String> {
    let access = issuer.strip_suffix(PUBLIC).unwrap_or(issuer);
    access.strip_suffix(TOKENS).map(ToOwned::to_owned)
}

/// The keys that `issuer` publishes now and that are of use here.
///
/// # Errors
///
/// [`Error::Unreachable`] where it gives no usable answer.
pub async fn ring(issuer: &str) -> Result<Ring, Error> {
    let manner = Manner { connect: CONNECT, proxied: is_proxied(issuer), agent: Some(AGENT) };
    let client =
        Client::new(manner).map_err(|error| Error::Other(format!("the HTTP client cannot be made: {error}")))?;
    oidc::ring(&client, issuer).await.map_err(|why| Error::Unreachable(why.to_string()))
}
