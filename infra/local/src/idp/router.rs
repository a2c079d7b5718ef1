//! Routes requests to the endpoints of the identity provider.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, State},
    middleware,
    routing::{get, post},
};
use jsonwebtoken::jwk::JwkSet;
use serde_json::{Value, json};

use super::{
    authorize, cors, end_session, pages, parameters::MAX_PARAMETERS_BYTES, provider::Provider, revocation, token,
};
use crate::loopback_host;

/// The endpoints of `provider`.
pub(super) fn router(provider: Arc<Provider>) -> Router {
    // The token page's script calls these endpoints; the browser navigates to the others.
    let called_by_script = Router::new()
        .route("/.well-known/openid-configuration", get(discovery))
        .route("/jwks.json", get(jwks))
        .route("/token", post(token::issue))
        .route("/revoke", post(revocation::revoke))
        .layer(middleware::from_fn_with_state(Arc::clone(&provider), cors::allow_token_page));
    Router::new()
        .route("/authorize", get(authorize::begin).post(authorize::sign_in))
        .route("/end-session", get(end_session::end))
        .route("/style.css", get(pages::stylesheet))
        .merge(called_by_script)
        .layer(DefaultBodyLimit::max(MAX_PARAMETERS_BYTES))
        .layer(middleware::from_fn(loopback_host::require))
        .with_state(provider)
}

async fn jwks(State(provider): State<Arc<Provider>>) -> Json<JwkSet> {
    Json(provider.issuer.jwks())
}

/// `OpenID` Connect Discovery 1.0, section 3.
async fn discovery(State(provider): State<Arc<Provider>>) -> Json<Value> {
    let issuer = provider.issuer.url();
    Json(json!({
        "issuer": issuer,
        "jwks_uri": format!("{issuer}/jwks.json"),
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "revocation_endpoint": format!("{issuer}/revoke"),
        "end_session_endpoint": format!("{issuer}/end-session"),
        "scopes_supported": ["openid", "profile", "offline_access"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256"],
        "token_endpoint_auth_methods_supported": ["none"],
        "revocation_endpoint_auth_methods_supported": ["none"],
        "code_challenge_methods_supported": ["S256"],
        "claims_supported": ["iss", "sub", "aud", "iat", "exp", "auth_time", "nonce", "name", "org_id"],
        "prompt_values_supported": ["none", "login", "select_account"],
        "request_uri_parameter_supported": false,
        "authorization_response_iss_parameter_supported": true,
    }))
}
