//! What the environment says, read once at start. A sentence for each thing that is wrong.

use std::env;

use crate::{
    authorize::{Policy, Provider, ProviderError, Rules},
    token::Issuer,
};

/// Why a function cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A variable is not there, or is empty.
    #[error("the environment variable {0} is not set")]
    Missing(&'static str),
    /// A variable holds what it cannot.
    #[error("the environment variable {name}: {why}")]
    Malformed {
        /// Which.
        name: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// An identity provider cannot be used.
    #[error(transparent)]
    Provider(#[from] ProviderError),
}

fn var(name: &'static str) -> Result<String, ConfigError> {
    env::var(name).ok().filter(|value| !value.is_empty()).ok_or(ConfigError::Missing(name))
}

/// The values of a list, separated by commas.
fn list(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|value| !value.is_empty()).map(ToOwned::to_owned).collect()
}

/// `LOG_LEVEL`: how much is told.
#[must_use]
pub fn log_level() -> String {
    env::var("LOG_LEVEL").unwrap_or_default()
}

/// `TABLE_NAME`: the ledger.
///
/// # Errors
///
/// [`ConfigError::Missing`].
pub fn table() -> Result<String, ConfigError> {
    var("TABLE_NAME")
}

/// `ACCESS_KEYS`: the ARNs of the access family's keys, separated by commas; the first signs.
///
/// # Errors
///
/// [`ConfigError`] where there is none, or one is no key ARN: an alias may move under our feet.
pub fn access_keys() -> Result<Vec<String>, ConfigError> {
    let arns = list(&var("ACCESS_KEYS")?);
    if let Some(bad) = arns.iter().find(|arn| !(arn.starts_with("arn:") && arn.contains(":key/"))) {
        return Err(ConfigError::Malformed { name: "ACCESS_KEYS", why: format!("`{bad}` is no ARN of a key") });
    }
    if arns.is_empty() { Err(ConfigError::Missing("ACCESS_KEYS")) } else { Ok(arns) }
}

/// `PUBLIC_URL` and `TOKEN_AUDIENCE`: under which name and for whom the access family is issued.
///
/// # Errors
///
/// [`ConfigError`].
pub fn access_issuer() -> Result<Issuer, ConfigError> {
    Ok(Issuer { issuer: issuer_below(&var("PUBLIC_URL")?, "PUBLIC_URL")?, audience: var("TOKEN_AUDIENCE")? })
}

/// `PUBLIC_URL`: the access family's issuer.
///
/// # Errors
///
/// [`ConfigError`].
pub fn access_issuer_url() -> Result<String, ConfigError> {
    issuer_below(&var("PUBLIC_URL")?, "PUBLIC_URL")
}

/// The access family's issuer under a base URL.
fn issuer_below(base: &str, name: &'static str) -> Result<String, ConfigError> {
    let is_base = (base.starts_with("https://") || base.starts_with("http://")) && !base.ends_with('/');
    if is_base {
        Ok(format!("{base}/v1/access-tokens"))
    } else {
        Err(ConfigError::Malformed { name, why: format!("`{base}` is no base URL without a trailing slash") })
    }
}

/// What the authorizer accepts: `PUBLIC_URL`, `FORMER_PUBLIC_URLS`, `TOKEN_AUDIENCE`, `IDENTITY_PROVIDERS` (JSON),
/// `ROUTE_RULES` (JSON).
///
/// # Errors
///
/// [`ConfigError`].
pub fn policy() -> Result<Policy, ConfigError> {
    let Issuer { issuer, audience } = access_issuer()?;
    let mut issuers = vec![issuer];
    for former in list(&env::var("FORMER_PUBLIC_URLS").unwrap_or_default()) {
        issuers.push(issuer_below(&former, "FORMER_PUBLIC_URLS")?);
    }
    let providers: Vec<Provider> = json("IDENTITY_PROVIDERS")?;
    Provider::check(&providers, &issuers)?;
    let rules: Rules = json("ROUTE_RULES")?;
    Ok(Policy { issuers, audience, providers, rules })
}

fn json<T: serde::de::DeserializeOwned>(name: &'static str) -> Result<T, ConfigError> {
    serde_json::from_str(&var(name)?).map_err(|error| ConfigError::Malformed { name, why: error.to_string() })
}
