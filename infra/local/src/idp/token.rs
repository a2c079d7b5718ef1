//! The token endpoint (RFC 6749, section 3.2).

use std::time::Duration;

use axum::{
    Json,
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use shared::token::UnixTime;

use super::{
    IdpError, TOKEN_PAGE_CLIENT_ID,
    authorization_codes::{GrantError, Granted},
    issuer::{SigningKey, UserClaims},
    parameters::{Parameters, ParametersError},
    provider::Provider,
};

/// For how long the tokens are valid.
const TTL: Duration = Duration::from_mins(10);

/// Why there are no tokens.
#[derive(Debug, thiserror::Error)]
enum TokenError {
    #[error(transparent)]
    Parameters(#[from] ParametersError),
    /// The error and its description (RFC 6749, section 5.2).
    #[error("{1}")]
    Refused(&'static str, &'static str),
    #[error(transparent)]
    Grant(#[from] GrantError),
    #[error(transparent)]
    Signing(#[from] IdpError),
}

/// `OpenID` Connect Core 1.0, section 2.
#[derive(Serialize)]
struct IdClaims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
    auth_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    name: &'a str,
    org_id: &'a str,
}

/// Gives tokens for a code or for a refresh token.
pub(super) async fn answer(provider: &Provider, headers: HeaderMap, body: Body) -> Response {
    let mut response = match tokens(provider, &headers, body).await {
        Ok(tokens) => Json(tokens).into_response(),
        Err(error) => error.response(),
    };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn tokens(provider: &Provider, headers: &HeaderMap, body: Body) -> Result<Value, TokenError> {
    let parameters = Parameters::of_form(headers, body).await?;
    if parameters.repeated.is_some() {
        return Err(TokenError::Refused("invalid_request", "a parameter is there twice"));
    }
    if parameters.get("client_id") != Some(TOKEN_PAGE_CLIENT_ID) {
        return Err(TokenError::Refused("invalid_client", "the client_id is not that of the token page"));
    }
    let now = provider.now();
    let granted = granted(provider, &parameters, now)?;
    made(provider, &granted, now)
}

fn granted(provider: &Provider, parameters: &Parameters, now: UnixTime) -> Result<Granted, TokenError> {
    let needed = |name| parameters.get(name).ok_or(TokenError::Refused("invalid_request", "a parameter is missing"));
    match needed("grant_type")? {
        "authorization_code" => {
            let (code, uri, verifier) = (needed("code")?, needed("redirect_uri")?, needed("code_verifier")?);
            Ok(provider.grants().redeem(code, uri, verifier, now)?)
        }
        "refresh_token" => Ok(provider.grants().renew(needed("refresh_token")?, now)?),
        _ => Err(TokenError::Refused("unsupported_grant_type", "it is authorization_code or refresh_token")),
    }
}

/// RFC 6749, section 5.1.
fn made(provider: &Provider, granted: &Granted, now: UnixTime) -> Result<Value, TokenError> {
    let (user, issuer) = (&granted.who.user, provider.issuer());
    let claims = UserClaims { org: user.org.clone(), user: user.id.clone(), roles: None, ttl: TTL };
    let id = IdClaims {
        iss: issuer.url(),
        sub: &user.id,
        aud: TOKEN_PAGE_CLIENT_ID,
        iat: now.seconds(),
        exp: now.plus(TTL.as_secs()).seconds(),
        auth_time: granted.who.at.seconds(),
        nonce: granted.nonce.as_deref(),
        name: &user.name,
        org_id: &user.org,
    };
    let at = Timestamp::from_second(now.seconds()).unwrap_or(Timestamp::UNIX_EPOCH);
    let mut tokens = json!({
        "access_token": issuer.token(&claims, at)?,
        "id_token": issuer.sign(SigningKey::Rsa, &id)?,
        "token_type": "Bearer",
        "expires_in": TTL.as_secs(),
        "scope": if granted.refresh.is_some() { "openid profile offline_access" } else { "openid profile" },
    });
    if let Some(refresh) = &granted.refresh {
        tokens["refresh_token"] = json!(refresh);
    }
    Ok(tokens)
}

impl TokenError {
    /// RFC 6749, section 5.2. What is not the page's fault is told to the log alone.
    fn response(&self) -> Response {
        let (status, error) = match self {
            Self::Parameters(ParametersError::TooLong) => (StatusCode::PAYLOAD_TOO_LARGE, "invalid_request"),
            Self::Parameters(ParametersError::NoForm) => (StatusCode::BAD_REQUEST, "invalid_request"),
            Self::Refused(error @ "invalid_client", _) => (StatusCode::UNAUTHORIZED, *error),
            Self::Refused(error, _) => (StatusCode::BAD_REQUEST, *error),
            Self::Grant(GrantError::Invalid(_)) => (StatusCode::BAD_REQUEST, "invalid_grant"),
            Self::Grant(GrantError::Random(_)) | Self::Signing(_) => {
                tracing::error!(error = %self, "the identity provider makes no token");
                return StatusCode::INTERNAL_SERVER_ERROR.into_response();
            }
        };
        (status, Json(json!({ "error": error, "error_description": self.to_string() }))).into_response()
    }
}
