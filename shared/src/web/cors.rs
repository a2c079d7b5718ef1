//! The CORS headers of responses (<https://fetch.spec.whatwg.org/#http-cors-protocol>). The gateway handles preflights.

use http::{
    HeaderMap, HeaderValue,
    header::{ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, InvalidHeaderValue},
};

/// Response headers that a page may read in addition to the CORS-safelisted ones.
const EXPOSED_HEADERS: HeaderValue = HeaderValue::from_static("link,retry-after,x-amzn-requestid");

/// The origin whose pages may read responses; `None` if only pages of the API's own origin may.
pub(super) struct Cors(Option<HeaderValue>);

impl Cors {
    /// `origin` is `*` for any origin, and empty for none.
    pub(super) fn new(origin: &str) -> Result<Self, InvalidHeaderValue> {
        Ok(Self(if origin.is_empty() { None } else { Some(HeaderValue::from_str(origin)?) }))
    }

    /// Adds the CORS headers to a response. They do not depend on the request, so no `Vary: Origin` is required.
    pub(super) fn add_headers(&self, headers: &mut HeaderMap) {
        if let Some(origin) = &self.0 {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED_HEADERS);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_name_the_configured_origin() {
        for (origin, expected) in [("", None), ("*", Some("*")), ("https://app.example", Some("https://app.example"))] {
            let mut headers = HeaderMap::new();
            Cors::new(origin).unwrap().add_headers(&mut headers);
            assert_eq!(headers.get(ACCESS_CONTROL_ALLOW_ORIGIN).map(|value| value.to_str().unwrap()), expected);
            assert_eq!(headers.len(), if expected.is_some() { 2 } else { 0 });
        }
        assert!(Cors::new("a\nb").is_err());
    }
}
