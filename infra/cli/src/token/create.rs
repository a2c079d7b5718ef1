//! `latchkey token create`: creates a token and prints it once.

use clap::{Args, builder::PossibleValuesParser};
use serde::{Deserialize, Serialize};

use crate::{
    api_client::{ApiClient, ApiOptions, ApiResponse},
    error::Error,
    output::{self, OutputFormat, print_created_json, print_message},
    token_metadata::{TokenMetadata, type_names},
};

/// The end of the command's `--help`.
pub const HELP_EXAMPLES: &str = "Examples:
  TOKEN=$(latchkey token create --name 'My application')
  latchkey token create --name Nightly --role 123:viewer --expires-in 30d --read-only
  latchkey token create --name Reader --grant 'order:view=order/*' --grant catalog:view
  latchkey token create --name CI --expires-in 30d --renewable
  latchkey token create --name Office --allowed-cidr 203.0.113.0/24 --allowed-cidr 2001:db8::/32
  latchkey token create --name Checkout --type journey --journey-id 5f0c --output json";

/// The arguments of `latchkey token create`, serialized as the request's body.
#[derive(Debug, Args, Serialize)]
pub struct CreateCommand {
    /// Name of the token
    #[arg(long)]
    name: String,
    /// Description, one line: what the token is for, where its secret is stored, whom to contact
    #[arg(long, value_name = "TEXT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// Token type (default: api, or journey or portal if its id is given)
    #[arg(long = "type", value_name = "TYPE", value_parser = PossibleValuesParser::new(type_names()))]
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<String>,
    /// Role of the token, ORGANIZATION:SLUG; repeatable (default: the creator's roles)
    #[arg(long = "role", value_name = "ROLE")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    assignments: Vec<String>,
    /// Lifetime, such as 10h, 30d or 1y (default: depends on the type)
    #[arg(long, value_name = "SPAN", value_parser = parse_lifetime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in: Option<String>,
    /// Limit the token to read-only actions of its roles
    #[arg(long)]
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    read_only: bool,
    /// Ask the APIs that the token calls to omit personal data
    #[arg(long)]
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    anonymize: bool,
    /// Let a rotation of the token by itself start its lifetime anew (types api and app; only as a user)
    #[arg(long)]
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    renewable: bool,
    /// Action to which the token is limited in addition to its roles, with `=RESOURCE` if only on this resource; repeatable.
    /// `*` matches any characters (default: all permissions of the roles, or the grants of the token that creates it)
    #[arg(long = "grant", value_name = "ACTION[=RESOURCE]", value_parser = parse_grant)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    grants: Vec<RequestedGrant>,
    /// Network from which the token may be used, such as 203.0.113.0/24; repeatable (default: any address, or the networks of
    /// the token that creates it)
    #[arg(long = "allowed-cidr", value_name = "CIDR")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    allowed_cidrs: Vec<String>,
    /// Journey of a journey token
    #[arg(long, value_name = "ID")]
    #[serde(skip_serializing_if = "Option::is_none")]
    journey_id: Option<String>,
    /// Portal of a portal token
    #[arg(long, value_name = "ID")]
    #[serde(skip_serializing_if = "Option::is_none")]
    portal_id: Option<String>,
    /// Key that makes the request idempotent: a retry returns the same token (default: a random key)
    #[arg(long, value_name = "KEY", value_parser = parse_idempotency_key)]
    #[serde(skip)]
    idempotency_key: Option<String>,
    /// Output format; `table` prints only the token to standard output
    #[arg(long, value_enum, default_value_t)]
    #[serde(skip)]
    output: OutputFormat,
    #[command(flatten)]
    #[serde(skip)]
    api: ApiOptions,
}

/// A grant in the request's body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RequestedGrant {
    action: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<String>,
}

/// The member that only the response to a create request has.
#[derive(Deserialize)]
struct CreateTokenResponse {
    token: String,
}

impl CreateCommand {
    /// Creates the token and prints it.
    ///
    /// # Errors
    ///
    /// Returns [`Error::OutcomeUnknown`] with the idempotency key if the token may exist but cannot be printed.
    pub(super) async fn run(self) -> Result<(), Error> {
        let idempotency_key = self.idempotency_key.clone().unwrap_or_else(|| nanoid::nanoid!());
        let body = serde_json::to_string(&self).map_err(|error| Error::Other(error.to_string()))?;
        let response = ApiClient::authenticated(&self.api)?.create_token(&body, &idempotency_key).await?;
        print_token(&response, self.output).map_err(|error| error.with_unknown_outcome(&idempotency_key))
    }
}

/// Prints a new token before it parses the rest of the response, because no later response contains it.
///
/// # Errors
///
/// Returns the error of [`ApiResponse::parse`] if the response contains no token, and [`Error::Io`] if it cannot be printed.
pub(super) fn print_token(response: &ApiResponse, output: OutputFormat) -> Result<(), Error> {
    let created = response.parse::<CreateTokenResponse>("a token with the member `token`")?;
    if output == OutputFormat::Json {
        return print_created_json(&response.body);
    }
    output::print_token(&created.token)?;
    match response.parse::<TokenMetadata>("a token") {
        Ok(metadata) => print_message(&metadata.details()),
        Err(_) => print_message("warning: the token is valid, but the response has malformed metadata"),
    }
    Ok(())
}

/// Requires a unit: the API reads a number as seconds, and `30` is easily meant as days. The API checks the rest.
///
/// # Errors
///
/// Returns a message if `text` is a number.
pub(super) fn parse_lifetime(text: &str) -> Result<String, String> {
    let number = text.trim();
    if number.parse::<f64>().is_ok() {
        return Err(format!("add a unit: `{number}s`, `{number}m`, `{number}h` or `{number}d`"));
    }
    Ok(text.to_owned())
}

/// Parses `ACTION` or `ACTION=RESOURCE`. No action contains `=`. The API checks the rest.
///
/// # Errors
///
/// Returns a message if the resource after `=` is empty.
pub fn parse_grant(text: &str) -> Result<RequestedGrant, String> {
    let (action, resource) = match text.split_once('=') {
        None => (text, None),
        Some((_, "")) => return Err("the resource after `=` is empty; omit `=` for every resource".to_owned()),
        Some((action, resource)) => (action, Some(resource.to_owned())),
    };
    Ok(RequestedGrant { action: action.to_owned(), resource })
}

/// Parses a value of the header `Idempotency-Key` within the API's limits.
fn parse_idempotency_key(text: &str) -> Result<String, String> {
    let is_valid = (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    is_valid
        .then(|| text.to_owned())
        .ok_or_else(|| "an idempotency key must be 1 to 255 visible ASCII characters".to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn grant_is_an_action_and_optionally_a_resource() {
        for (text, grant) in [
            ("order:view", json!({"action": "order:view"})),
            ("order:*=order/*", json!({"action": "order:*", "resource": "order/*"})),
            ("order:view=order/a=b", json!({"action": "order:view", "resource": "order/a=b"})),
        ] {
            assert_eq!(json!(parse_grant(text).unwrap()), grant, "{text}");
        }
        assert!(parse_grant("order:view=").is_err());
    }
}
