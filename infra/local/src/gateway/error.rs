//! Error responses of the gateway itself.

use std::collections::BTreeMap;

use axum::{
    body::{Body, Bytes},
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};

use super::{problem::with_problem_code, substitution::substitute};
use crate::template::GatewayResponse;

/// A request that the gateway does not answer with its function's response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum GatewayError {
    /// No route matches the request.
    MissingAuthenticationToken,
    /// Path and query exceed the quota.
    UriTooLong,
    /// The headers exceed the quota.
    HeadersTooLarge,
    /// The body exceeds the quota.
    RequestTooLarge,
    /// The body did not arrive in time.
    RequestTimeout,
    /// An identity header is missing, or the authorizer rejects the credential.
    Unauthorized,
    /// The authorizer's policy does not allow the request.
    AccessDenied,
    /// The authorizer failed.
    AuthorizerFailure,
    /// The authorizer's response is malformed.
    AuthorizerConfiguration,
    /// The function did not respond in time.
    IntegrationTimeout,
    /// The function failed, or its response is malformed.
    Internal,
}

impl GatewayError {
    /// The type of the gateway response; `None` if only the default of the status class applies.
    const fn response_type(self) -> Option<&'static str> {
        Some(match self {
            Self::MissingAuthenticationToken => "MISSING_AUTHENTICATION_TOKEN",
            Self::RequestTooLarge => "REQUEST_TOO_LARGE",
            Self::Unauthorized => "UNAUTHORIZED",
            Self::AccessDenied => "ACCESS_DENIED",
            Self::AuthorizerFailure => "AUTHORIZER_FAILURE",
            Self::AuthorizerConfiguration => "AUTHORIZER_CONFIGURATION_ERROR",
            Self::IntegrationTimeout => "INTEGRATION_TIMEOUT",
            Self::UriTooLong | Self::HeadersTooLarge | Self::RequestTimeout | Self::Internal => return None,
        })
    }

    /// The status if the template defines none:
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html>.
    const fn status(self) -> StatusCode {
        match self {
            Self::MissingAuthenticationToken | Self::AccessDenied => StatusCode::FORBIDDEN,
            Self::UriTooLong => StatusCode::URI_TOO_LONG,
            Self::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::HeadersTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::RequestTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::AuthorizerFailure | Self::AuthorizerConfiguration => StatusCode::INTERNAL_SERVER_ERROR,
            Self::IntegrationTimeout => StatusCode::GATEWAY_TIMEOUT,
            Self::Internal => StatusCode::BAD_GATEWAY,
        }
    }

    const fn error_type(self) -> &'static str {
        match self {
            Self::MissingAuthenticationToken => "MissingAuthenticationTokenException",
            Self::UriTooLong | Self::HeadersTooLarge | Self::RequestTimeout => "BadRequestException",
            Self::RequestTooLarge => "RequestTooLargeException",
            Self::Unauthorized => "UnauthorizedException",
            Self::AccessDenied => "AccessDeniedException",
            Self::AuthorizerFailure => "AuthorizerFailureException",
            Self::AuthorizerConfiguration => "AuthorizerConfigurationException",
            Self::IntegrationTimeout | Self::Internal => "InternalServerErrorException",
        }
    }

    const fn message(self) -> &'static str {
        match self {
            Self::MissingAuthenticationToken => "Missing Authentication Token",
            Self::UriTooLong => "Request-URI Too Long",
            Self::RequestTimeout => "Request Timeout",
            Self::HeadersTooLarge => "Request Header Fields Too Large",
            Self::RequestTooLarge => "HTTP content length exceeded 10485760 bytes.",
            Self::Unauthorized => "Unauthorized",
            Self::AccessDenied => "User is not authorized to access this resource",
            Self::IntegrationTimeout => "Endpoint request timed out",
            Self::AuthorizerFailure | Self::AuthorizerConfiguration | Self::Internal => "Internal server error",
        }
    }

    /// The response according to the template's gateway responses.
    pub(super) fn response(
        self,
        responses: &BTreeMap<String, GatewayResponse>,
        request_id: &str,
        authorizer_context: &BTreeMap<String, String>,
    ) -> Response {
        let own = self.response_type().and_then(|response_type| responses.get(response_type));
        let class = if self.status().is_client_error() { "DEFAULT_4XX" } else { "DEFAULT_5XX" };
        let default = GatewayResponse::default();
        let definition = own.or_else(|| responses.get(class)).unwrap_or(&default);
        let body = substitute(definition.template.as_deref().unwrap_or(DEFAULT_TEMPLATE), |name| {
            self.variable(name, request_id, authorizer_context)
        });
        let body = Bytes::from(body);
        let mut response = Response::new(Body::from(body.clone()));
        let status = own.and_then(|own| own.status).and_then(|status| StatusCode::from_u16(status).ok());
        *response.status_mut() = status.unwrap_or(self.status());
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert("x-amzn-errortype", HeaderValue::from_static(self.error_type()));
        for (name, value) in definition.headers.iter().filter_map(header) {
            headers.insert(name, value);
        }
        with_problem_code(response, &body)
    }

    /// The value of a `$context` variable; `messageString` is the message in quotes:
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html>.
    fn variable(self, name: &str, request_id: &str, authorizer_context: &BTreeMap<String, String>) -> Option<String> {
        match name {
            "context.requestId" => Some(request_id.to_owned()),
            "context.error.message" => Some(self.message().to_owned()),
            "context.error.messageString" => Some(format!("\"{}\"", self.message())),
            other => authorizer_context.get(other.strip_prefix("context.authorizer.")?).cloned(),
        }
    }
}

/// The template that AWS uses by default.
const DEFAULT_TEMPLATE: &str = "{\"message\":$context.error.messageString}";

fn header((name, value): (&String, &String)) -> Option<(HeaderName, HeaderValue)> {
    Some((name.parse().ok()?, value.parse().ok()?))
}
