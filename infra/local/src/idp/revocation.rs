//! The revocation endpoint (RFC 7009).

use std::sync::Arc;

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};

use super::{
    parameters::ExtractedForm,
    provider::Provider,
    token::{TokenError, client_parameters, rejected},
};

/// Revokes a refresh token with all its successors. Any other token is answered in the same way (RFC 7009, section 2.2).
pub(super) async fn revoke(State(provider): State<Arc<Provider>>, form: ExtractedForm) -> Response {
    revoke_token(&provider, form).map(|()| StatusCode::OK).into_response()
}

fn revoke_token(provider: &Provider, form: ExtractedForm) -> Result<(), TokenError> {
    let parameters = client_parameters(form)?;
    let token = parameters.get("token").ok_or(rejected("invalid_request", "`token` is missing"))?;
    provider.grants().revoke(token, provider.now());
    Ok(())
}
