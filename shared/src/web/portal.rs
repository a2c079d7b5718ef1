//! The token page and the readable documentation as an endpoint.

use std::borrow::Cow;

use lambda_http::http::{
    HeaderName,
    header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_FRAME_OPTIONS},
};

use super::{ApiRequest, ApiResponse, Endpoint};
use crate::{error::ApiError, portal::Portal};

const HTML: &str = "text/html; charset=utf-8";

/// A page is asked for each time: it names its assets, and these are kept for as long as anything is (RFC 8246), since another
/// content has another name.
const PAGE_CACHE: &str = "no-cache";
const ASSET_CACHE: &str = "public, max-age=31536000, immutable";

/// What holds of all of them: <https://www.w3.org/TR/CSP3/>.
const CLOSED: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

impl<F: Fn(&str) -> Option<Cow<'static, [u8]>> + Send + Sync> Endpoint for Portal<F> {
    fn operation(&self) -> &'static str {
        "getPage"
    }

    /// Open to anyone: a credential that comes along is not looked at.
    async fn handle(&self, request: &ApiRequest) -> Result<ApiResponse, ApiError> {
        let (response, policy) = if let Some(name) = request.path_parameter("file") {
            (ApiResponse::text(media_type(&name)?, ASSET_CACHE, self.asset(&name)?), CLOSED.to_owned())
        } else if request.ends_in("/tokens") {
            (ApiResponse::text(HTML, PAGE_CACHE, self.tokens().to_owned()), page_policy(self.origins()))
        } else if request.ends_in("/docs") {
            (ApiResponse::text(HTML, PAGE_CACHE, self.docs().to_owned()), docs_policy())
        } else {
            (ApiResponse::elsewhere(self.home().to_owned()), CLOSED.to_owned())
        };
        Ok(guarded(response.with(CONTENT_SECURITY_POLICY, policy)))
    }
}

/// The token page loads its own scripts and styles, calls its own API and the providers, and makes no markup of texts.
fn page_policy(origins: &[String]) -> String {
    let own = "script-src 'self'; style-src 'self'; img-src 'self'";
    let calls = origins.join(" ");
    format!("{CLOSED}; {own}; connect-src 'self' {calls}; require-trusted-types-for 'script'; trusted-types 'none'")
}

/// The documentation's viewer draws with images that stand in its style, and reads the contract.
fn docs_policy() -> String {
    format!("{CLOSED}; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'")
}

/// With what every response of a page has: no address told to others, no frame, no other window's hand.
fn guarded(response: ApiResponse) -> ApiResponse {
    response
        .with(REFERRER_POLICY, "no-referrer")
        .with(X_FRAME_OPTIONS, "DENY")
        .with(HeaderName::from_static("cross-origin-opener-policy"), "same-origin")
        .with(HeaderName::from_static("cross-origin-resource-policy"), "same-origin")
}

/// The media type of an asset, by the ending of its name.
fn media_type(name: &str) -> Result<&'static str, ApiError> {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("js") => Ok("text/javascript; charset=utf-8"),
        Some("css") => Ok("text/css; charset=utf-8"),
        Some("svg") => Ok("image/svg+xml; charset=utf-8"),
        _ => Err(ApiError::NotFound),
    }
}
