//! The endpoint of the token page, the documentation page and their assets.

use std::borrow::Cow;

use http::{
    HeaderName,
    header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_FRAME_OPTIONS},
};

use super::{ApiRequest, ApiResponse, Endpoint};
use crate::{error::ApiError, portal::Portal};

const HTML: &str = "text/html; charset=utf-8";

/// A page is revalidated on each load, because it references its assets by name.
const PAGE_CACHE: &str = "no-cache";
/// An asset is cached for one year (RFC 8246): its name contains a hash of its content.
const ASSET_CACHE: &str = "public, max-age=31536000, immutable";

/// The directives of every content security policy: <https://www.w3.org/TR/CSP3/>.
const BASE_POLICY: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

impl<F: Fn(&str) -> Option<Cow<'static, [u8]>> + Send + Sync> Endpoint for Portal<F> {
    fn operation(&self, _route: &str) -> &'static str {
        "getPage"
    }

    /// Public: a credential in the request is ignored.
    async fn handle(&self, request: &ApiRequest) -> Result<ApiResponse, ApiError> {
        let (response, policy) = if let Some(name) = request.path_parameter("file") {
            (ApiResponse::text(media_type(&name)?, ASSET_CACHE, self.asset(&name)?), BASE_POLICY.to_owned())
        } else if request.route() == "/tokens" {
            (ApiResponse::text(HTML, PAGE_CACHE, self.tokens().to_owned()), page_policy(self.origins()))
        } else if request.route() == "/docs" {
            (ApiResponse::text(HTML, PAGE_CACHE, self.docs().to_owned()), docs_policy())
        } else {
            (ApiResponse::redirect(self.home().to_owned()), BASE_POLICY.to_owned())
        };
        Ok(with_security_headers(response.with(CONTENT_SECURITY_POLICY, policy)))
    }
}

/// The policy of the token page: it loads scripts, styles and images of its own origin, calls its own API and
/// `origins`, and cannot turn text into markup (Trusted Types).
fn page_policy(origins: &[String]) -> String {
    let assets = "script-src 'self'; style-src 'self'; img-src 'self'";
    let calls = origins.join(" ");
    format!(
        "{BASE_POLICY}; {assets}; connect-src 'self' {calls}; require-trusted-types-for 'script'; trusted-types 'none'"
    )
}

/// The policy of the documentation page: its style sheet has `data:` images, and its viewer loads the OpenAPI document.
fn docs_policy() -> String {
    format!("{BASE_POLICY}; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'")
}

/// Adds the headers of every page and asset: no `Referer`, no framing, no access from other windows or origins.
fn with_security_headers(response: ApiResponse) -> ApiResponse {
    response
        .with(REFERRER_POLICY, "no-referrer")
        .with(X_FRAME_OPTIONS, "DENY")
        .with(HeaderName::from_static("cross-origin-opener-policy"), "same-origin")
        .with(HeaderName::from_static("cross-origin-resource-policy"), "same-origin")
}

/// The media type of an asset, from its file name extension.
fn media_type(name: &str) -> Result<&'static str, ApiError> {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("js") => Ok("text/javascript; charset=utf-8"),
        Some("css") => Ok("text/css; charset=utf-8"),
        Some("svg") => Ok("image/svg+xml; charset=utf-8"),
        _ => Err(ApiError::NotFound),
    }
}
