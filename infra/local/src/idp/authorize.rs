//! The authorization endpoint (RFC 6749, section 3.1; `OpenID` Connect Core 1.0, section 3.1.2): who are you, and back.

use aws_lc_rs::error::Unspecified;
use axum::{
    body::Body,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};

use super::{
    TOKEN_PAGE_CLIENT_ID,
    authorization_codes::{Order, SignedIn},
    page,
    parameters::Parameters,
    provider::Provider,
    redirect::redirect,
    session,
};

/// What the page is told instead of a code (RFC 6749, section 4.1.2.1): the error and its description.
type Fault = (&'static str, &'static str);

const NO_RANDOM: Fault = ("server_error", "there are no random numbers");

/// Whether somebody may or must be asked who they are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Prompt {
    IfNeeded,
    Always,
    Never,
}

/// Begins a sign-in: a code at once for whoever is signed in, else the page on which to choose.
pub(super) fn begin(provider: &Provider, headers: &HeaderMap, query: &str) -> Response {
    let parameters = match Parameters::read(query.as_bytes()) {
        Ok(parameters) => parameters,
        Err(error) => return page::refused(&error.to_string()),
    };
    let uri = match destination(provider, &parameters) {
        Ok(uri) => uri,
        Err(why) => return page::refused(why),
    };
    continued(provider, headers, &parameters, uri)
        .unwrap_or_else(|fault| back(provider, uri, parameters.get("state"), fault))
}

/// Where the browser may be led back to. As long as that is not known nobody is led anywhere.
fn destination<'a>(provider: &Provider, parameters: &'a Parameters) -> Result<&'a str, &'static str> {
    if parameters.repeated.as_deref().is_some_and(|name| matches!(name, "client_id" | "redirect_uri")) {
        return Err("the client_id or the redirect_uri is there twice");
    }
    if parameters.get("client_id") != Some(TOKEN_PAGE_CLIENT_ID) {
        return Err("the client_id is not that of the token page");
    }
    let uri = parameters.get("redirect_uri").filter(|uri| provider.is_page(uri));
    uri.ok_or("the redirect_uri is not the address of the token page")
}

fn continued(provider: &Provider, headers: &HeaderMap, parameters: &Parameters, uri: &str) -> Result<Response, Fault> {
    let (order, prompt, max_age) = (order(parameters, uri)?, prompt(parameters)?, max_age(parameters)?);
    let now = provider.now();
    let mut grants = provider.grants();
    let key = session::of(headers, provider.port()).unwrap_or_default();
    let session = grants.sessions.get(key, now).cloned();
    match session.filter(|who| prompt != Prompt::Always && max_age.is_none_or(|age| now <= who.at.plus(age))) {
        Some(who) => {
            let state = order.state.clone();
            let code = grants.code(order, who, now).map_err(|Unspecified| NO_RANDOM)?;
            Ok(with_code(provider, uri, state.as_deref(), &code))
        }
        None if prompt == Prompt::Never => Err(("login_required", "nobody is signed in")),
        None => {
            let transaction = grants.transactions.put(order, now).map_err(|Unspecified| NO_RANDOM)?;
            Ok(page::sign_in(provider.users(), &transaction))
        }
    }
}

/// Refuses what this provider does not speak, and what could be read in two ways.
fn check_form(parameters: &Parameters) -> Result<(), Fault> {
    if parameters.repeated.is_some() {
        return Err(("invalid_request", "a parameter is there twice"));
    }
    if parameters.get("request").is_some() {
        return Err(("request_not_supported", "there are no request objects"));
    }
    if parameters.get("request_uri").is_some() {
        return Err(("request_uri_not_supported", "there are no request objects"));
    }
    if parameters.get("response_mode").is_some_and(|mode| mode != "query") {
        return Err(("invalid_request", "the response_mode is query"));
    }
    match parameters.get("response_type") {
        Some("code") => Ok(()),
        Some(_) => Err(("unsupported_response_type", "the response_type is code")),
        None => Err(("invalid_request", "the response_type is missing")),
    }
}

/// What is asked for.
fn order(parameters: &Parameters, uri: &str) -> Result<Order, Fault> {
    check_form(parameters)?;
    let scopes: Vec<_> = parameters.get("scope").unwrap_or_default().split(' ').collect();
    if !scopes.contains(&"openid") {
        return Err(("invalid_scope", "the scope has openid"));
    }
    Ok(Order {
        redirect_uri: uri.to_owned(),
        state: parameters.get("state").map(str::to_owned),
        nonce: parameters.get("nonce").map(str::to_owned),
        challenge: challenge(parameters)?.to_owned(),
        offline: scopes.contains(&"offline_access"),
    })
}

/// RFC 7636, section 4.3. Without a challenge there is no code, whatever section 4.4.1 leaves open.
fn challenge(parameters: &Parameters) -> Result<&str, Fault> {
    if parameters.get("code_challenge_method") != Some("S256") {
        return Err(("invalid_request", "the code_challenge_method is S256"));
    }
    let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let challenge = parameters.get("code_challenge").filter(|text| text.len() == 43 && text.bytes().all(is_base64url));
    challenge.ok_or(("invalid_request", "the code_challenge is a SHA-256 in base64url"))
}

fn prompt(parameters: &Parameters) -> Result<Prompt, Fault> {
    let prompts: Vec<_> = parameters.get("prompt").unwrap_or_default().split(' ').collect();
    match prompts.as_slice() {
        ["none"] => Ok(Prompt::Never),
        many if many.contains(&"none") => Err(("invalid_request", "the prompt none stands alone")),
        many if many.contains(&"login") || many.contains(&"select_account") => Ok(Prompt::Always),
        _ => Ok(Prompt::IfNeeded),
    }
}

fn max_age(parameters: &Parameters) -> Result<Option<u64>, Fault> {
    let age = parameters.get("max_age").map(str::parse).transpose();
    age.map_err(|_| ("invalid_request", "the max_age is a number of seconds"))
}

/// Signs somebody in: the transaction that the page carried, and the place of the one who was chosen among all users.
pub(super) async fn choose(provider: &Provider, headers: HeaderMap, body: Body) -> Response {
    let parameters = match Parameters::of_form(&headers, body).await {
        Ok(parameters) => parameters,
        Err(error) => return page::refused(&error.to_string()),
    };
    let now = provider.now();
    let mut grants = provider.grants();
    let transaction = parameters.get("transaction").unwrap_or_default();
    let Some(order) = grants.transactions.take(transaction, now) else {
        return page::refused("this sign-in is over, or was never begun: go back to the token page and sign in again");
    };
    let chosen = parameters.get("user").and_then(|place| place.parse().ok());
    let Some(user) = chosen.and_then(|place: usize| provider.users().get(place)) else {
        return page::refused("nobody was chosen: go back to the token page and sign in again");
    };
    grants.sessions.take(session::of(&headers, provider.port()).unwrap_or_default(), now);
    let who = SignedIn { user: user.clone(), at: now };
    let (uri, state) = (order.redirect_uri.clone(), order.state.clone());
    let made = grants.sessions.put(who.clone(), now).and_then(|key| Ok((key, grants.code(order, who, now)?)));
    match made {
        Ok((key, code)) => {
            session::with_cookie(with_code(provider, &uri, state.as_deref(), &code), provider.port(), &key)
        }
        Err(Unspecified) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// The answer names its issuer, so that a code never goes to another provider (RFC 9207).
fn with_code(provider: &Provider, uri: &str, state: Option<&str>, code: &str) -> Response {
    led(provider, uri, state, &[("code", code)])
}

fn back(provider: &Provider, uri: &str, state: Option<&str>, (error, description): Fault) -> Response {
    led(provider, uri, state, &[("error", error), ("error_description", description)])
}

fn led(provider: &Provider, uri: &str, state: Option<&str>, parameters: &[(&str, &str)]) -> Response {
    let state = state.map(|state| ("state", state));
    let parameters: Vec<_> =
        parameters.iter().copied().chain(state).chain([("iss", provider.issuer().url())]).collect();
    redirect(uri, &parameters)
}
