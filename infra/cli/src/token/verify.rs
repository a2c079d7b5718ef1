//! `latchkey token verify`: what a third party does who checks tokens offline.

use clap::Args;
use jiff::Timestamp;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, value::RawValue};
use shared::jwt::{Distinct, Unverified, VerifyError};

use crate::{
    access::{Address, standard_input},
    error::Error,
    issuer,
    output::{Output, pairs, print, say},
};

/// What `--help` says at its end.
pub const EXAMPLES: &str = "Examples:
  latchkey token verify <<< \"$TOKEN\"
  latchkey token verify --issuer https://api.example.com/v1/access-tokens --audience https://api.example.com < token
  latchkey token verify --output json < token | jq .assume_roles

Whether a token was revoked cannot be seen offline: only the service knows.";

/// `latchkey token verify`. The token comes on standard input.
#[derive(Debug, Args)]
pub struct Verify {
    /// The issuer that the token must have; without it, one of the two of the service at --url
    #[arg(long, value_name = "URL")]
    issuer: Option<String>,
    /// The audience that the token must have; without it, the issuer's base URL
    #[arg(long)]
    audience: Option<String>,
    /// How the claims are written
    #[arg(long, value_enum, default_value_t)]
    output: Output,
    #[command(flatten)]
    address: Address,
}

/// The claims that decide. A claim of another type is a refusal, never an absence.
#[derive(Deserialize)]
struct Deciding {
    aud: Audience,
    #[serde(default, deserialize_with = "there")]
    exp: Option<i64>,
    #[serde(default, deserialize_with = "there")]
    nbf: Option<i64>,
}

/// One or several (RFC 7519, section 4.1.3).
#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Verify {
    /// Prints the claims of a token that verifies.
    pub(super) async fn run(self) -> Result<(), Error> {
        let token = standard_input()?;
        let expected = issuer::expected(self.issuer.as_deref(), &self.address)?;
        let unverified = Unverified::parse(&token).map_err(refused)?;
        let issuer = expected.iter().find(|issuer| *issuer == unverified.issuer());
        let issuer =
            issuer.ok_or_else(|| Error::NotVerified(format!("its issuer is not {}", expected.join(" nor "))))?;
        if unverified.typ().as_deref() != Some("at+jwt") {
            return Err(Error::NotVerified("its `typ` is not `at+jwt`".to_owned()));
        }
        let audience = self.audience.or_else(|| issuer::usual_audience(issuer));
        let audience = audience.ok_or_else(|| Error::Usage("name the audience with --audience".to_owned()))?;
        let ring = issuer::ring(issuer).await?;
        let json: Box<RawValue> = unverified.verify(&ring).map_err(refused)?;
        decide(&claims(&json)?, &audience)?;
        self.output.show(&json, claims(&json)?)?;
        say("it verifies; whether it was revoked cannot be seen offline");
        Ok(())
    }
}

impl Output {
    fn show(self, json: &RawValue, Distinct(claims): Distinct) -> Result<(), Error> {
        if self == Self::Json {
            return print(json.get());
        }
        print(&pairs(claims.into_iter().map(|(name, value)| {
            let time = value.as_i64().filter(|_| matches!(name.as_str(), "iat" | "exp" | "nbf"));
            let time = time.and_then(|seconds| Timestamp::from_second(seconds).ok());
            (name, time.map_or_else(|| plain(&value), |time| time.to_string()))
        })))
    }
}

/// A claim as it is read by people.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(all) => all.iter().map(plain).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

/// The claims of a token whose signature was checked, as `T` reads them.
fn claims<T: DeserializeOwned>(json: &RawValue) -> Result<T, Error> {
    serde_json::from_str(json.get()).map_err(|_| refused(VerifyError::Claims))
}

fn decide(claims: &Deciding, audience: &str) -> Result<(), Error> {
    let now = Timestamp::now().as_second();
    let refused = |why: String| Err(Error::NotVerified(why));
    if !claims.aud.is(audience) {
        return refused(format!("its audience is not {audience}"));
    }
    match (claims.nbf, claims.exp) {
        (Some(from), _) if now < from => refused("it is not valid yet".to_owned()),
        (_, Some(end)) if now >= end => {
            refused(format!("it expired at {}", Timestamp::from_second(end).unwrap_or(Timestamp::MIN)))
        }
        _ => Ok(()),
    }
}

impl Audience {
    fn is(&self, audience: &str) -> bool {
        match self {
            Self::One(one) => one == audience,
            Self::Several(several) => several.iter().any(|one| one == audience),
        }
    }
}

fn refused(refusal: VerifyError) -> Error {
    Error::NotVerified(refusal.to_string())
}

/// Reads a claim that is there as what it must be: `null` is no absence.
fn there<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    i64::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn verdict(claims: Value) -> Result<(), String> {
        let claims = serde_json::from_value(claims).map_err(|error| error.to_string())?;
        decide(&claims, "https://a.example").map_err(|error| error.to_string())
    }

    #[test]
    fn a_token_is_for_its_audience_within_its_time() {
        let (past, future) = (1_000, 4_000_000_000_i64);
        assert_eq!(verdict(json!({"aud": "https://a.example"})), Ok(()));
        assert_eq!(verdict(json!({"aud": ["b", "https://a.example"], "exp": future, "nbf": past})), Ok(()));
        for (claims, words) in [
            (json!({"aud": "https://b.example"}), "its audience is not https://a.example"),
            (json!({}), "missing field `aud`"),
            (json!({"aud": "https://a.example", "exp": past}), "it expired at 1970-01-01T00:16:40Z"),
            (json!({"aud": "https://a.example", "nbf": future}), "it is not valid yet"),
            (json!({"aud": "https://a.example", "exp": null}), "invalid type: null"),
            (json!({"aud": "https://a.example", "exp": "4000000000"}), "invalid type: string"),
        ] {
            let verdict = verdict(claims.clone());
            assert!(verdict.as_ref().is_err_and(|why| why.contains(words)), "{claims} {verdict:?}");
        }
    }
}
