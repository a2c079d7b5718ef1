//! What the gateway answers when no function does.

use std::collections::BTreeMap;

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};

use super::{Exchange, substitution::substitute};
use crate::template::GatewayResponse;

/// Why a request is not answered by its function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// There is no such route.
    MissingAuthenticationToken,
    /// The path and query are more than the gateway takes.
    UriTooLong,
    /// The headers are more than the gateway takes.
    HeadersTooLarge,
    /// The body is more than the gateway takes.
    RequestTooLarge,
    /// The body took longer than the gateway waits.
    RequestTimeout,
    /// An identity header is missing, or the authorizer does not know the caller.
    Unauthorized,
    /// The authorizer's policy does not allow it.
    AccessDenied,
    /// The authorizer could not decide.
    AuthorizerFailure,
    /// The authorizer's answer is not understood.
    AuthorizerConfiguration,
    /// The function did not answer in time.
    IntegrationTimeout,
    /// The function failed or answered what is not understood.
    Internal,
}

impl Refusal {
    /// The gateway response's type; none where there is only the default for all errors of a class.
    const fn kind(self) -> Option<&'static str> {
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

    /// The status where the template has none:
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

    /// The answer, as the template's gateway responses have it.
    pub(super) fn response(self, responses: &BTreeMap<String, GatewayResponse>, exchange: &Exchange) -> Response {
        let own = self.kind().and_then(|kind| responses.get(kind));
        let class = if self.status().is_client_error() { "DEFAULT_4XX" } else { "DEFAULT_5XX" };
        let silent = GatewayResponse::default();
        let entry = own.or_else(|| responses.get(class)).unwrap_or(&silent);
        let body = substitute(entry.template.as_deref().unwrap_or(TEMPLATE), |name| self.variable(name, exchange));
        let mut response = Response::new(Body::from(body));
        let status = own.and_then(|own| own.status).and_then(|status| StatusCode::from_u16(status).ok());
        *response.status_mut() = status.unwrap_or(self.status());
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert("x-amzn-errortype", HeaderValue::from_static(self.error_type()));
        for (name, value) in entry.headers.iter().filter_map(header) {
            headers.insert(name, value);
        }
        response
    }

    /// The message's string is the message in quotes:
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html>.
    fn variable(self, name: &str, exchange: &Exchange) -> Option<String> {
        match name {
            "context.requestId" => Some(exchange.request_id.clone()),
            "context.error.message" => Some(self.message().to_owned()),
            "context.error.messageString" => Some(format!("\"{}\"", self.message())),
            other => exchange.context.get(other.strip_prefix("context.authorizer.")?).cloned(),
        }
    }
}

/// What AWS answers where the template is silent.
const TEMPLATE: &str = "{\"message\":$context.error.messageString}";

fn header((name, value): (&String, &String)) -> Option<(HeaderName, HeaderValue)> {
    Some((name.parse().ok()?, value.parse().ok()?))
}
