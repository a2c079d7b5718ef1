//! The token endpoint (RFC 6749, section 3.2).

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use shared::token::UnixTime;

use super::{
    authorization_codes::{GrantError, TokenGrant},
    error::IdpError,
    issuer::UserClaims,
    parameters::{ExtractedForm, Parameters, ParametersError},
    provider::{Provider, TOKEN_PAGE_CLIENT_ID},
};

/// Lifetime of access and ID tokens.
const TOKEN_TTL: Duration = Duration::from_mins(10);

/// A request of the token page as a client is rejected.
#[derive(Debug, thiserror::Error)]
pub(super) enum TokenError {
    #[error(transparent)]
    Parameters(#[from] ParametersError),
    /// An error response (RFC 6749, section 5.2).
    #[error("{description}")]
    Rejected { code: &'static str, description: &'static str },
    #[error(transparent)]
    Grant(#[from] GrantError),
    #[error(transparent)]
    Signing(#[from] IdpError),
}

/// Claims of an ID token (`OpenID` Connect Core 1.0, section 2).
#[derive(Serialize)]
struct IdTokenClaims<'a> {
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

/// Exchanges a code or a refresh token for tokens.
pub(super) async fn issue(State(provider): State<Arc<Provider>>, form: ExtractedForm) -> Response {
    let mut response = tokens(&provider, form).map(Json).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn tokens(provider: &Provider, form: ExtractedForm) -> Result<Value, TokenError> {
    let parameters = client_parameters(form)?;
    let now = provider.now();
    let grant = redeem(provider, &parameters, now)?;
    token_response(provider, &grant, now)
}

/// The parameters of a request that the token page sends as a public client (RFC 6749, section 3.2.1).
///
/// # Errors
///
/// Returns [`TokenError`] if the form is invalid, repeats a parameter, or identifies another client.
pub(super) fn client_parameters(form: ExtractedForm) -> Result<Parameters, TokenError> {
    let parameters = Parameters::parse(form)?;
    if parameters.repeated.is_some() {
        return Err(rejected("invalid_request", "a parameter is repeated"));
    }
    if parameters.get("client_id") != Some(TOKEN_PAGE_CLIENT_ID) {
        return Err(rejected("invalid_client", "`client_id` is not that of the token page"));
    }
    Ok(parameters)
}

/// An error response with `code` (RFC 6749, section 5.2).
pub(super) fn rejected(code: &'static str, description: &'static str) -> TokenError {
    TokenError::Rejected { code, description }
}

fn redeem(provider: &Provider, parameters: &Parameters, now: UnixTime) -> Result<TokenGrant, TokenError> {
    let required = |name| parameters.get(name).ok_or(rejected("invalid_request", "a required parameter is missing"));
    match required("grant_type")? {
        "authorization_code" => {
            let code = required("code")?;
            let redirect_uri = required("redirect_uri")?;
            let code_verifier = required("code_verifier")?;
            Ok(provider.grants().redeem_code(code, redirect_uri, code_verifier, now)?)
        }
        "refresh_token" => Ok(provider.grants().refresh(required("refresh_token")?, now)?),
        _ => Err(rejected("unsupported_grant_type", "`grant_type` must be `authorization_code` or `refresh_token`")),
    }
}

/// The members of a successful response (RFC 6749, section 5.1).
fn token_response(provider: &Provider, grant: &TokenGrant, now: UnixTime) -> Result<Value, TokenError> {
    let issuer = &provider.issuer;
    let user = &grant.session.user;
    let claims = UserClaims { org: user.org.clone(), user: user.id.clone(), roles: None, ttl: TOKEN_TTL };
    let id_claims = IdTokenClaims {
        iss: issuer.url(),
        sub: &user.id,
        aud: TOKEN_PAGE_CLIENT_ID,
        iat: now.seconds(),
        exp: now.plus(TOKEN_TTL.as_secs()).seconds(),
        auth_time: grant.session.authenticated_at.seconds(),
        nonce: grant.nonce.as_deref(),
        name: &user.name,
        org_id: &user.org,
    };
    let issued_at = Timestamp::from_second(now.seconds()).unwrap_or(Timestamp::UNIX_EPOCH);
    let mut response = json!({
        "access_token": issuer.token(&claims, issued_at)?,
        "id_token": issuer.sign(&id_claims)?,
        "token_type": "Bearer",
        "expires_in": TOKEN_TTL.as_secs(),
        "scope": if grant.refresh_token.is_some() { "openid profile offline_access" } else { "openid profile" },
    });
    if let Some(refresh_token) = &grant.refresh_token {
        response["refresh_token"] = json!(refresh_token);
    }
    Ok(response)
}

impl IntoResponse for TokenError {
    /// RFC 6749, section 5.2. The reason of a server error is only logged.
    fn into_response(self) -> Response {
        let (status, code) = match self {
            Self::Parameters(ParametersError::TooLarge) => (StatusCode::PAYLOAD_TOO_LARGE, "invalid_request"),
            Self::Parameters(ParametersError::NotAForm) => (StatusCode::BAD_REQUEST, "invalid_request"),
            Self::Rejected { code: code @ "invalid_client", .. } => (StatusCode::UNAUTHORIZED, code),
            Self::Rejected { code, .. } => (StatusCode::BAD_REQUEST, code),
            Self::Grant(GrantError::Invalid(_)) => (StatusCode::BAD_REQUEST, "invalid_grant"),
            Self::Grant(GrantError::Random(_)) | Self::Signing(_) => {
                tracing::error!(error = %self, "the identity provider cannot issue tokens");
                return StatusCode::INTERNAL_SERVER_ERROR.into_response();
            }
        };
        (status, Json(json!({ "error": code, "error_description": self.to_string() }))).into_response()
    }
}
