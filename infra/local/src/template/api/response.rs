//! Gateway responses: what the gateway itself answers.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::template::{TemplateError, resource};

/// What the gateway answers in one kind of case.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GatewayResponse {
    /// The status, if it is not to be the gateway's own.
    pub status: Option<u16>,
    /// The headers, by name.
    pub headers: BTreeMap<String, String>,
    /// The body's template for `application/json`.
    pub template: Option<String>,
}

/// The types there are: <https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html>.
const TYPES: [&str; 22] = [
    "ACCESS_DENIED",
    "API_CONFIGURATION_ERROR",
    "AUTHORIZER_CONFIGURATION_ERROR",
    "AUTHORIZER_FAILURE",
    "BAD_REQUEST_PARAMETERS",
    "BAD_REQUEST_BODY",
    "DEFAULT_4XX",
    "DEFAULT_5XX",
    "EXPIRED_TOKEN",
    "INTEGRATION_FAILURE",
    "INTEGRATION_TIMEOUT",
    "INVALID_API_KEY",
    "INVALID_SIGNATURE",
    "MISSING_AUTHENTICATION_TOKEN",
    "QUOTA_EXCEEDED",
    "REQUEST_TOO_LARGE",
    "RESOURCE_NOT_FOUND",
    "THROTTLED",
    "UNAUTHORIZED",
    "UNSUPPORTED_MEDIA_TYPE",
    "WAF_FILTERED",
    "INTEGRATION_NETWORK_FAILURE",
];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Properties {
    status_code: Option<String>,
    #[serde(default)]
    response_parameters: Parameters,
    #[serde(default)]
    response_templates: BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Parameters {
    #[serde(default)]
    headers: BTreeMap<String, String>,
}

/// Reads the gateway responses of the API at `place`.
pub(super) fn read(
    responses: BTreeMap<String, Value>,
    place: &str,
) -> Result<BTreeMap<String, GatewayResponse>, TemplateError> {
    let mut read = BTreeMap::new();
    for (name, value) in responses {
        let place = format!("{place}.GatewayResponses.{name}");
        if !TYPES.contains(&name.as_str()) {
            return Err(TemplateError::refused(&place, "there is no gateway response of this type"));
        }
        read.insert(name, response(resource::read(value, &place)?, &place)?);
    }
    Ok(read)
}

fn response(mut properties: Properties, place: &str) -> Result<GatewayResponse, TemplateError> {
    if properties.status_code.is_some() && place.ends_with("XX") {
        return Err(TemplateError::refused(
            place,
            "a default response keeps the status of the case that it stands for",
        ));
    }
    let headers = properties.response_parameters.headers.into_iter();
    let headers = headers.map(|(name, value)| Ok((name, unquoted(&value, place)?)));
    Ok(GatewayResponse {
        status: properties.status_code.map(|status| status_code(&status, place)).transpose()?,
        headers: headers.collect::<Result<_, _>>()?,
        template: properties.response_templates.remove("application/json"),
    })
}

fn status_code(text: &str, place: &str) -> Result<u16, TemplateError> {
    let status = text.parse().ok().filter(|status| (200..=599).contains(status));
    status.ok_or_else(|| TemplateError::refused(place, format!("`{text}` is no status code")))
}

/// A static value stands in single quotes. What does not is taken from the request, and is refused: nothing of a request
/// may stand in an answer of the gateway's.
fn unquoted(value: &str, place: &str) -> Result<String, TemplateError> {
    let inner = value.strip_prefix('\'').and_then(|value| value.strip_suffix('\''));
    let inner = inner.filter(|inner| !inner.contains('\''));
    inner
        .map(str::to_owned)
        .ok_or_else(|| TemplateError::refused(place, format!("`{value}` is not a quoted static value")))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, json};

    use super::{GatewayResponse, read};
    use crate::template::TemplateError;

    fn one(name: &str, value: Value) -> Result<GatewayResponse, TemplateError> {
        Ok(read(BTreeMap::from([(name.to_owned(), value)]), "Here")?.remove(name).unwrap_or_default())
    }

    #[test]
    fn quotes_are_taken_off_static_values() {
        let headers = json!({"Headers": {"Cache-Control": "'no-store'"}});
        let response = one("THROTTLED", json!({"StatusCode": "429", "ResponseParameters": headers})).unwrap();
        assert_eq!(response.headers["Cache-Control"], "no-store");
        assert_eq!((response.status, response.template), (Some(429), None));
    }

    #[test]
    fn what_is_no_static_value_status_or_type_is_refused() {
        let header = |value| json!({"ResponseParameters": {"Headers": {"A": value}}});
        for value in ["method.request.header.Origin", "no-store", "'a", "'", "'a' 'b'"] {
            assert!(one("DEFAULT_4XX", header(value)).is_err(), "{value}");
        }
        for status in ["100", "600", "x"] {
            assert!(one("THROTTLED", json!({"StatusCode": status})).is_err(), "{status}");
        }
        assert!(one("UNAUTHORISED", json!({})).is_err());
        assert!(one("DEFAULT_5XX", json!({"StatusCode": "500"})).is_err());
    }
}
