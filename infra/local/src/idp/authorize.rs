//! The authorization endpoint (RFC 6749, section 3.1; `OpenID` Connect Core 1.0, section 3.1.2) and its sign-in form.

use std::sync::Arc;

use aws_lc_rs::error::Unspecified;
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use shared::token::UnixTime;

use super::{
    authorization_codes::{AuthorizationRequest, Session},
    pages::{self, ErrorPage},
    parameters::{ExtractedForm, Parameters},
    provider::{Provider, TOKEN_PAGE_CLIENT_ID},
    redirect::redirect,
    session_cookie::{session_key, with_cookie},
};

/// An error response to the token page (RFC 6749, section 4.1.2.1).
struct AuthorizationError {
    code: &'static str,
    description: &'static str,
}

/// Whether the user may or must choose again (`OpenID` Connect Core 1.0, section 3.1.2.1, `prompt`).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Prompt {
    IfNeeded,
    Always,
    Never,
}

/// How a valid authorization request continues.
enum Continuation {
    /// The user is signed in: the code for the token page.
    Code(String),
    /// The user must sign in: the transaction of the sign-in page.
    SignIn(String),
}

const fn error(code: &'static str, description: &'static str) -> AuthorizationError {
    AuthorizationError { code, description }
}

const fn invalid_request(description: &'static str) -> AuthorizationError {
    error("invalid_request", description)
}

impl From<Unspecified> for AuthorizationError {
    fn from(Unspecified: Unspecified) -> Self {
        error("server_error", "the system's random number generator failed")
    }
}

/// Handles an authorization request: redirects a signed-in user with a code, and shows others the sign-in page.
pub(super) async fn begin(
    State(provider): State<Arc<Provider>>,
    headers: HeaderMap,
    form: ExtractedForm,
) -> Result<Response, ErrorPage> {
    let parameters = Parameters::parse(form)?;
    let redirect_uri = redirect_uri(&provider, &parameters)?;
    let state = parameters.get("state");
    match authorize(&provider, &headers, &parameters, redirect_uri) {
        Ok(Continuation::Code(code)) => Ok(redirect_with(&provider, redirect_uri, state, &[("code", &code)])),
        Ok(Continuation::SignIn(transaction)) => Ok(pages::sign_in(&provider.users.list().await, &transaction)),
        Err(AuthorizationError { code, description }) => {
            Ok(redirect_with(&provider, redirect_uri, state, &[("error", code), ("error_description", description)]))
        }
    }
}

/// The validated redirect target. Without one, errors are shown to the user instead of redirected (RFC 6749, section
/// 4.1.2.1).
fn redirect_uri<'a>(provider: &Provider, parameters: &'a Parameters) -> Result<&'a str, ErrorPage> {
    if parameters.repeated.as_deref().is_some_and(|name| matches!(name, "client_id" | "redirect_uri")) {
        return Err(ErrorPage::new("`client_id` or `redirect_uri` is repeated"));
    }
    if parameters.get("client_id") != Some(TOKEN_PAGE_CLIENT_ID) {
        return Err(ErrorPage::new("`client_id` is not that of the token page"));
    }
    let uri = parameters.get("redirect_uri").filter(|uri| provider.is_token_page(uri));
    uri.ok_or_else(|| ErrorPage::new("`redirect_uri` is not the address of the token page"))
}

fn authorize(
    provider: &Provider,
    headers: &HeaderMap,
    parameters: &Parameters,
    redirect_uri: &str,
) -> Result<Continuation, AuthorizationError> {
    let request = parse_request(parameters, redirect_uri)?;
    let prompt = parse_prompt(parameters)?;
    let max_age = parse_max_age(parameters)?;
    let now = provider.now();
    let is_recent = |session: &Session| max_age.is_none_or(|seconds| now <= session.authenticated_at.plus(seconds));
    let mut grants = provider.grants();
    let key = session_key(headers, provider.port()).unwrap_or_default();
    let session = grants.sessions.get(key, now).cloned();
    match session.filter(|session| prompt != Prompt::Always && is_recent(session)) {
        Some(session) => Ok(Continuation::Code(grants.issue_code(request, session, now)?)),
        None if prompt == Prompt::Never => Err(error("login_required", "no user is signed in")),
        None => Ok(Continuation::SignIn(grants.sign_ins.insert(request, now)?)),
    }
}

fn parse_request(parameters: &Parameters, redirect_uri: &str) -> Result<AuthorizationRequest, AuthorizationError> {
    check_supported(parameters)?;
    let scopes: Vec<_> = parameters.get("scope").unwrap_or_default().split(' ').collect();
    if !scopes.contains(&"openid") {
        return Err(error("invalid_scope", "`scope` must contain `openid`"));
    }
    Ok(AuthorizationRequest {
        redirect_uri: redirect_uri.to_owned(),
        state: parameters.get("state").map(str::to_owned),
        nonce: parameters.get("nonce").map(str::to_owned),
        code_challenge: code_challenge(parameters)?.to_owned(),
        offline_access: scopes.contains(&"offline_access"),
    })
}

/// Rejects ambiguous requests and features that this provider does not support.
fn check_supported(parameters: &Parameters) -> Result<(), AuthorizationError> {
    if parameters.repeated.is_some() {
        return Err(invalid_request("a parameter is repeated"));
    }
    if parameters.get("request").is_some() {
        return Err(error("request_not_supported", "request objects are not supported"));
    }
    if parameters.get("request_uri").is_some() {
        return Err(error("request_uri_not_supported", "request objects are not supported"));
    }
    if parameters.get("response_mode").is_some_and(|mode| mode != "query") {
        return Err(invalid_request("`response_mode` must be `query`"));
    }
    match parameters.get("response_type") {
        Some("code") => Ok(()),
        Some(_) => Err(error("unsupported_response_type", "`response_type` must be `code`")),
        None => Err(invalid_request("`response_type` is missing")),
    }
}

/// RFC 7636, section 4.3. The challenge is required, although section 4.4.1 lets a provider accept requests without one.
fn code_challenge(parameters: &Parameters) -> Result<&str, AuthorizationError> {
    if parameters.get("code_challenge_method") != Some("S256") {
        return Err(invalid_request("`code_challenge_method` must be `S256`"));
    }
    let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let challenge = parameters.get("code_challenge").filter(|text| text.len() == 43 && text.bytes().all(is_base64url));
    challenge.ok_or_else(|| invalid_request("`code_challenge` must be a SHA-256 digest in base64url"))
}

fn parse_prompt(parameters: &Parameters) -> Result<Prompt, AuthorizationError> {
    let prompts: Vec<_> = parameters.get("prompt").unwrap_or_default().split(' ').collect();
    match prompts.as_slice() {
        ["none"] => Ok(Prompt::Never),
        many if many.contains(&"none") => Err(invalid_request("`prompt` must not combine `none` with other values")),
        many if many.contains(&"login") || many.contains(&"select_account") => Ok(Prompt::Always),
        _ => Ok(Prompt::IfNeeded),
    }
}

fn parse_max_age(parameters: &Parameters) -> Result<Option<u64>, AuthorizationError> {
    let seconds = parameters.get("max_age").map(str::parse).transpose();
    seconds.map_err(|_| invalid_request("`max_age` must be a number of seconds"))
}

/// Handles the form of the sign-in page: signs the chosen user in, and redirects to the token page with a code.
pub(super) async fn sign_in(
    State(provider): State<Arc<Provider>>,
    headers: HeaderMap,
    form: ExtractedForm,
) -> Result<Response, ErrorPage> {
    let parameters = Parameters::parse(form)?;
    let transaction = parameters.get("transaction").unwrap_or_default();
    let request = provider.grants().sign_ins.remove(transaction, provider.now());
    let request = request.ok_or_else(|| {
        ErrorPage::new("this sign-in has expired or was completed; open the token page to sign in again")
    })?;
    let user = provider.users.find(parameters.get("user").unwrap_or_default()).await;
    let user =
        user.ok_or_else(|| ErrorPage::new("the chosen user does not exist; open the token page to sign in again"))?;
    let now = provider.now();
    let redirect_uri = request.redirect_uri.clone();
    let state = request.state.clone();
    let session = Session { user, authenticated_at: now };
    match start_session(&provider, &headers, request, session, now) {
        Ok((key, code)) => {
            let response = redirect_with(&provider, &redirect_uri, state.as_deref(), &[("code", &code)]);
            Ok(with_cookie(response, provider.port(), &key))
        }
        Err(Unspecified) => Ok(StatusCode::INTERNAL_SERVER_ERROR.into_response()),
    }
}

/// Replaces the browser's session. Returns the new session's key and a code.
fn start_session(
    provider: &Provider,
    headers: &HeaderMap,
    request: AuthorizationRequest,
    session: Session,
    now: UnixTime,
) -> Result<(String, String), Unspecified> {
    let mut grants = provider.grants();
    grants.sessions.remove(session_key(headers, provider.port()).unwrap_or_default(), now);
    let key = grants.sessions.insert(session.clone(), now)?;
    let code = grants.issue_code(request, session, now)?;
    Ok((key, code))
}

/// Redirects with the issuer as a parameter, which prevents mix-up attacks (RFC 9207).
fn redirect_with(provider: &Provider, uri: &str, state: Option<&str>, parameters: &[(&str, &str)]) -> Response {
    let state = state.map(|state| ("state", state));
    let issuer = ("iss", provider.issuer.url());
    let parameters: Vec<_> = parameters.iter().copied().chain(state).chain([issuer]).collect();
    redirect(uri, &parameters)
}
