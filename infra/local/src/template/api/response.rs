//! Gateway responses: the responses of the gateway itself.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::template::{TemplateError, resource};

/// The gateway's response of one type.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GatewayResponse {
    /// The status; `None` keeps the gateway's default.
    pub status: Option<u16>,
    /// The headers by name.
    pub headers: BTreeMap<String, String>,
    /// The template of the body for `application/json`.
    pub template: Option<String>,
}

/// The types: <https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html>.
const RESPONSE_TYPES: [&str; 22] = [
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

/// Reads the gateway responses of the API at `path`.
pub(super) fn read(
    responses: BTreeMap<String, Value>,
    path: &str,
) -> Result<BTreeMap<String, GatewayResponse>, TemplateError> {
    let mut parsed = BTreeMap::new();
    for (name, value) in responses {
        let path = format!("{path}.GatewayResponses.{name}");
        if !RESPONSE_TYPES.contains(&name.as_str()) {
            return Err(TemplateError::invalid(&path, "unknown type of a gateway response"));
        }
        parsed.insert(name, response(resource::deserialize(value, &path)?, &path)?);
    }
    Ok(parsed)
}

fn response(mut properties: Properties, path: &str) -> Result<GatewayResponse, TemplateError> {
    if properties.status_code.is_some() && path.ends_with("XX") {
        return Err(TemplateError::invalid(path, "a default response must not set a status"));
    }
    let headers = properties.response_parameters.headers.into_iter();
    let headers = headers.map(|(name, value)| Ok((name, unquoted(&value, path)?)));
    Ok(GatewayResponse {
        status: properties.status_code.map(|status| status_code(&status, path)).transpose()?,
        headers: headers.collect::<Result<_, _>>()?,
        template: properties.response_templates.remove("application/json"),
    })
}

fn status_code(text: &str, path: &str) -> Result<u16, TemplateError> {
    let status = text.parse().ok().filter(|status| (200..=599).contains(status));
    status.ok_or_else(|| TemplateError::invalid(path, format!("`{text}` is not a status code")))
}

/// The text of a static value, which is in single quotes. Any other value comes from the request, which a gateway response
/// must not echo.
fn unquoted(value: &str, path: &str) -> Result<String, TemplateError> {
    let inner = value.strip_prefix('\'').and_then(|value| value.strip_suffix('\''));
    let inner = inner.filter(|inner| !inner.contains('\''));
    inner
        .map(str::to_owned)
        .ok_or_else(|| TemplateError::invalid(path, format!("`{value}` is not a quoted static value")))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, json};

    use super::{GatewayResponse, read};
    use crate::template::TemplateError;

    fn read_one(name: &str, value: Value) -> Result<GatewayResponse, TemplateError> {
        Ok(read(BTreeMap::from([(name.to_owned(), value)]), "Path")?.remove(name).unwrap_or_default())
    }

    #[test]
    fn static_values_are_unquoted() {
        let headers = json!({"Headers": {"Cache-Control": "'no-store'"}});
        let response = read_one("THROTTLED", json!({"StatusCode": "429", "ResponseParameters": headers})).unwrap();
        assert_eq!(response.headers["Cache-Control"], "no-store");
        assert_eq!((response.status, response.template), (Some(429), None));
    }

    #[test]
    fn invalid_value_status_or_type_is_an_error() {
        let header = |value| json!({"ResponseParameters": {"Headers": {"A": value}}});
        for value in ["method.request.header.Origin", "no-store", "'a", "'", "'a' 'b'"] {
            assert!(read_one("DEFAULT_4XX", header(value)).is_err(), "{value}");
        }
        for status in ["100", "600", "x"] {
            assert!(read_one("THROTTLED", json!({"StatusCode": status})).is_err(), "{status}");
        }
        assert!(read_one("UNAUTHORISED", json!({})).is_err());
        assert!(read_one("DEFAULT_5XX", json!({"StatusCode": "500"})).is_err());
    }
}
