//! `latchkey token verify`: verifies a token offline with the issuer's published keys, as a third party does.

use clap::Args;
use jiff::Timestamp;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value, value::RawValue};
use shared::{
    json::UniqueKeys,
    jwt::{Unverified, VerifyError},
};

use crate::{
    credential::read_token_from_stdin,
    endpoint::EndpointOptions,
    error::Error,
    http, jwks,
    output::{OutputFormat, format_fields, print_json, print_message, print_result},
    token_family,
};

/// The end of the command's `--help`.
pub const HELP_EXAMPLES: &str = "Examples:
  latchkey token verify <<< \"$TOKEN\"
  latchkey token verify --issuer https://api.example.com/v1/access-tokens --audience https://api.example.com < token
  latchkey token verify --output json < token | jq .assume_roles

A forged token is always an error. An expired one is an error that names the id, or is accepted with --accept-expired: use it
before you act on a token from an untrusted source, as its claims are not printed unless its signature is valid.
Offline verification does not detect a revoked token.";

/// The arguments of `latchkey token verify`. The token comes from standard input.
#[derive(Debug, Args)]
pub struct VerifyCommand {
    /// Required issuer (default: the issuers of the service at --url)
    #[arg(long, value_name = "URL")]
    issuer: Option<String>,
    /// Required audience (default: the issuer's base URL)
    #[arg(long)]
    audience: Option<String>,
    /// Accept an expired token with a valid signature
    #[arg(long)]
    accept_expired: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    output: OutputFormat,
    #[command(flatten)]
    endpoint: EndpointOptions,
}

/// The claims that verification checks. A claim of the wrong type is an error and does not count as absent.
#[derive(Deserialize)]
struct ValidatedClaims {
    aud: Audience,
    #[serde(default, deserialize_with = "numeric_date")]
    exp: Option<i64>,
    #[serde(default, deserialize_with = "numeric_date")]
    nbf: Option<i64>,
}

/// The claim `aud`: one string or an array of strings (RFC 7519, section 4.1.3).
#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl VerifyCommand {
    /// Verifies the token and prints its claims.
    pub(super) async fn run(self) -> Result<(), Error> {
        let token = read_token_from_stdin()?;
        let accepted_issuers = self.accepted_issuers()?;
        let unverified = Unverified::parse(&token).map_err(invalid_token)?;
        let issuer = accepted_issuers.iter().find(|issuer| *issuer == unverified.issuer());
        let issuer = issuer
            .ok_or_else(|| Error::InvalidToken(format!("claim `iss` must be `{}`", accepted_issuers.join("` or `"))))?;
        if unverified.typ().as_deref() != Some("at+jwt") {
            return Err(Error::InvalidToken("header `typ` must be `at+jwt`".to_owned()));
        }
        let audience = self.audience.or_else(|| token_family::default_audience(issuer));
        let audience = audience.ok_or_else(|| Error::Usage("no audience: pass `--audience`".to_owned()))?;
        let keys = jwks::fetch(issuer).await?;
        let claims: Box<RawValue> = unverified.verify(&keys).map_err(invalid_token)?;
        let UniqueKeys(members) = parse_claims::<UniqueKeys>(&claims)?;
        let validity = match validate(&parse_claims(&claims)?, &audience)? {
            Validity::Active => "the token is valid; offline verification does not detect a revocation".to_owned(),
            Validity::Expired(time) if self.accept_expired => {
                format!("the signature is valid; the token expired at {time}")
            }
            Validity::Expired(time) => return Err(expired(&time, &members)),
        };
        match self.output {
            OutputFormat::Json => print_json(claims.get())?,
            OutputFormat::Table => print_result(&format_claims(members))?,
        }
        print_message(&validity);
        Ok(())
    }

    /// The issuers whose tokens are accepted: the given one, or those of the service.
    fn accepted_issuers(&self) -> Result<Vec<String>, Error> {
        match &self.issuer {
            Some(issuer) if http::is_secure(issuer) => Ok(vec![issuer.clone()]),
            Some(issuer) => {
                let rule = "`--issuer` must be an https URL, or an http URL of this machine";
                Err(Error::Usage(format!("invalid issuer `{issuer}`: {rule}")))
            }
            None => Ok(token_family::issuers(&self.endpoint.resolve()?.base_url).into()),
        }
    }
}

/// Formats one claim per line, with `NumericDate` claims as timestamps.
fn format_claims(claims: Map<String, Value>) -> String {
    format_fields(claims.into_iter().map(|(name, value)| {
        let seconds = value.as_i64().filter(|_| matches!(name.as_str(), "iat" | "exp" | "nbf"));
        let time = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
        (name, time.map_or_else(|| format_value(&value), |time| time.to_string()))
    }))
}

/// Formats strings without quotes and arrays with blanks.
fn format_value(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(format_value).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

/// Parses the claims of a token with a valid signature.
fn parse_claims<T: DeserializeOwned>(json: &RawValue) -> Result<T, Error> {
    serde_json::from_str(json.get()).map_err(|_| invalid_token(VerifyError::Claims))
}

/// The error of an expired token. Its signature is valid, so its id identifies the token that the service issued.
fn expired(time: &str, claims: &Map<String, Value>) -> Error {
    let id = claims.get("jti").and_then(Value::as_str).unwrap_or("unknown");
    Error::InvalidToken(format!("expired at {time}; the signature is valid, the id is `{id}`"))
}

/// The result of checking the claims of a token with a valid signature.
#[derive(Debug, PartialEq, Eq)]
enum Validity {
    /// The token is not expired.
    Active,
    /// The token expired at this time.
    Expired(String),
}

/// Checks audience and validity period. Only the expiry is left to the caller, who may accept it.
fn validate(claims: &ValidatedClaims, audience: &str) -> Result<Validity, Error> {
    let now = Timestamp::now().as_second();
    let invalid = |reason: String| Err(Error::InvalidToken(reason));
    if !claims.aud.contains(audience) {
        return invalid(format!("claim `aud` must contain `{audience}`"));
    }
    match (claims.nbf, claims.exp) {
        (Some(not_before), _) if now < not_before => invalid(format!("not valid before {}", format_time(not_before))),
        (_, Some(expiry)) if now >= expiry => Ok(Validity::Expired(format_time(expiry))),
        _ => Ok(Validity::Active),
    }
}

fn format_time(seconds: i64) -> String {
    Timestamp::from_second(seconds).unwrap_or(Timestamp::MIN).to_string()
}

impl Audience {
    fn contains(&self, audience: &str) -> bool {
        match self {
            Self::One(value) => value == audience,
            Self::Several(values) => values.iter().any(|value| value == audience),
        }
    }
}

fn invalid_token(reason: VerifyError) -> Error {
    Error::InvalidToken(reason.to_string())
}

/// Deserializes a `NumericDate` (RFC 7519, section 2). `null` is an error and does not count as absent.
fn numeric_date<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    i64::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn validation(claims: Value) -> Result<(), String> {
        let claims = serde_json::from_value(claims).map_err(|error| error.to_string())?;
        match validate(&claims, "https://a.example").map_err(|error| error.to_string())? {
            Validity::Active => Ok(()),
            Validity::Expired(time) => Err(format!("expired at {time}")),
        }
    }

    #[test]
    fn claims_outside_audience_or_validity_are_rejected() {
        let past = 1_000;
        let future = 4_000_000_000_i64;
        assert_eq!(validation(json!({"aud": "https://a.example"})), Ok(()));
        assert_eq!(validation(json!({"aud": ["b", "https://a.example"], "exp": future, "nbf": past})), Ok(()));
        for (claims, expected) in [
            (json!({"aud": "https://b.example"}), "claim `aud` must contain `https://a.example`"),
            (json!({}), "missing field `aud`"),
            (json!({"aud": "https://a.example", "exp": past}), "expired at 1970-01-01T00:16:40Z"),
            (json!({"aud": "https://a.example", "nbf": future}), "not valid before 2096-10-02T07:06:40Z"),
            (json!({"aud": "https://a.example", "exp": null}), "invalid type: null"),
            (json!({"aud": "https://a.example", "exp": "4000000000"}), "invalid type: string"),
        ] {
            let result = validation(claims.clone());
            assert!(result.as_ref().is_err_and(|reason| reason.contains(expected)), "{claims} {result:?}");
        }
    }
}
