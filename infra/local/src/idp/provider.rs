//! The provider as its endpoints have it, and which of them a request is for.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::{
    Json,
    extract::Request,
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use reqwest::Url;
use serde_json::{Value, json};
use shared::{ports::Clock, token::UnixTime};

use super::{
    IdpError, SignIn, authorization_codes::Grants, authorize, cors, issuer::Issuer, page, session, token, users::User,
};

/// What all endpoints have. It has no `Debug`, since what it remembers are credentials.
pub(super) struct Provider {
    issuer: Arc<Issuer>,
    users: Vec<User>,
    pages: Vec<Page>,
    clock: Arc<dyn Clock>,
    grants: Mutex<Grants>,
}

struct Page {
    uri: String,
    origin: String,
}

/// What there is to ask for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Endpoint {
    Discovery,
    Keys,
    Authorize,
    Token,
    EndSession,
    Style,
}

impl Provider {
    /// The provider `issuer` with the users and the page of `sign_in`.
    ///
    /// # Errors
    ///
    /// [`IdpError::InvalidTokenPageUrl`].
    pub(super) fn new(issuer: Arc<Issuer>, sign_in: SignIn) -> Result<Self, IdpError> {
        let page = |uri: String| match Url::parse(&uri) {
            Ok(url) => Ok(Page { uri, origin: url.origin().ascii_serialization() }),
            Err(_) => Err(IdpError::InvalidTokenPageUrl(uri)),
        };
        Ok(Self {
            issuer,
            users: sign_in.users,
            pages: sign_in.token_page_urls.into_iter().map(page).collect::<Result<_, _>>()?,
            clock: sign_in.clock,
            grants: Mutex::new(Grants::new()),
        })
    }

    pub(super) fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    pub(super) fn users(&self) -> &[User] {
        &self.users
    }

    /// What is remembered. It is held for as long as nothing may come between.
    pub(super) fn grants(&self) -> MutexGuard<'_, Grants> {
        self.grants.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn now(&self) -> UnixTime {
        self.clock.now()
    }

    pub(super) fn port(&self) -> u16 {
        self.issuer.port()
    }

    /// Whether the page is at `uri`, compared character by character (RFC 9700, section 2.1).
    pub(super) fn is_page(&self, uri: &str) -> bool {
        self.pages.iter().any(|page| page.uri == uri)
    }

    /// Answers a request.
    pub(super) async fn answer(&self, request: Request) -> Response {
        let Some(endpoint) = Endpoint::at(request.uri().path()) else { return StatusCode::NOT_FOUND.into_response() };
        if endpoint.is_for_this_host_alone() && !self.is_host(request.headers()) {
            return (StatusCode::MISDIRECTED_REQUEST, "the identity provider is not at this host").into_response();
        }
        let (parts, body) = request.into_parts();
        let query = parts.uri.query().unwrap_or_default();
        let response = match (endpoint, &parts.method) {
            (Endpoint::Discovery, &Method::GET) => Json(discovery(self.issuer.url())).into_response(),
            (Endpoint::Keys, &Method::GET) => Json(self.issuer.jwks()).into_response(),
            (Endpoint::Style, &Method::GET) => page::style(),
            (Endpoint::Authorize, &Method::GET) => authorize::begin(self, &parts.headers, query),
            (Endpoint::Authorize, &Method::POST) => authorize::choose(self, parts.headers.clone(), body).await,
            (Endpoint::EndSession, &Method::GET) => session::end(self, &parts.headers, query),
            (Endpoint::Token, &Method::POST) => token::answer(self, parts.headers.clone(), body).await,
            (_, &Method::OPTIONS) if endpoint.is_for_the_page() => cors::preflight(endpoint.methods()),
            _ => (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, endpoint.methods())]).into_response(),
        };
        let origins = self.pages.iter().map(|page| page.origin.as_str());
        if endpoint.is_for_the_page() { cors::open(response, &parts.headers, origins) } else { response }
    }

    /// Whether a request is for this host by its own name. A page whose name was bent to this machine's address says another.
    fn is_host(&self, headers: &HeaderMap) -> bool {
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).and_then(|host| host.split_once(':'));
        host.is_some_and(|(name, port)| matches!(name, "127.0.0.1" | "localhost") && port.parse() == Ok(self.port()))
    }
}

impl Endpoint {
    fn at(path: &str) -> Option<Self> {
        Some(match path {
            "/.well-known/openid-configuration" => Self::Discovery,
            "/jwks.json" => Self::Keys,
            "/authorize" => Self::Authorize,
            "/token" => Self::Token,
            "/end-session" => Self::EndSession,
            "/style.css" => Self::Style,
            _ => return None,
        })
    }

    const fn methods(self) -> &'static str {
        match self {
            Self::Discovery | Self::Keys | Self::EndSession | Self::Style => "GET",
            Self::Authorize => "GET, POST",
            Self::Token => "POST",
        }
    }

    /// Whether the page's script asks it; the others are for the browser itself.
    const fn is_for_the_page(self) -> bool {
        matches!(self, Self::Discovery | Self::Keys | Self::Token)
    }

    const fn is_for_this_host_alone(self) -> bool {
        matches!(self, Self::Authorize | Self::Token | Self::EndSession)
    }
}

/// `OpenID` Connect Discovery 1.0, section 3, as far as there is something to say.
fn discovery(issuer: &str) -> Value {
    json!({
        "issuer": issuer,
        "jwks_uri": format!("{issuer}/jwks.json"),
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "end_session_endpoint": format!("{issuer}/end-session"),
        "scopes_supported": ["openid", "profile", "offline_access"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256"],
        "token_endpoint_auth_methods_supported": ["none"],
        "code_challenge_methods_supported": ["S256"],
        "claims_supported": ["iss", "sub", "aud", "iat", "exp", "auth_time", "nonce", "name", "org_id"],
        "prompt_values_supported": ["none", "login", "select_account"],
        "request_uri_parameter_supported": false,
        "authorization_response_iss_parameter_supported": true,
    })
}
