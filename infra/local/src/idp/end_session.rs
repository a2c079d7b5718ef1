//! The end-session endpoint (`OpenID` Connect RP-Initiated Logout 1.0).

use std::sync::Arc;

use axum::{
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Response},
};

use super::{
    pages::{self, ErrorPage},
    parameters::{ExtractedForm, Parameters},
    provider::Provider,
    redirect::redirect,
    session_cookie::{session_key, with_cookie},
};

/// Ends the session, also if the request is otherwise invalid, and redirects to the token page only.
pub(super) async fn end(State(provider): State<Arc<Provider>>, headers: HeaderMap, form: ExtractedForm) -> Response {
    let port = provider.port();
    if let Some(key) = session_key(&headers, port) {
        provider.grants().sessions.remove(key, provider.now());
    }
    with_cookie(signed_out(&provider, form).into_response(), port, "")
}

fn signed_out(provider: &Provider, form: ExtractedForm) -> Result<Response, ErrorPage> {
    let parameters = Parameters::parse(form)?;
    match parameters.get("post_logout_redirect_uri") {
        None => Ok(pages::signed_out()),
        Some(uri) if provider.is_token_page(uri) => {
            let state = parameters.get("state").map(|state| ("state", state));
            Ok(redirect(uri, state.as_slice()))
        }
        Some(_) => Err(ErrorPage::new("`post_logout_redirect_uri` is not the address of the token page")),
    }
}
