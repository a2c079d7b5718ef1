//! Which pages may read an answer: <https://fetch.spec.whatwg.org/#http-cors-protocol>. The gateway answers preflight requests.

use lambda_http::http::{
    HeaderMap, HeaderValue,
    header::{ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, InvalidHeaderValue},
};

/// The headers of an answer that a page may read beside those it always may.
const EXPOSED: HeaderValue = HeaderValue::from_static("link,retry-after,x-amzn-requestid");

/// The one origin whose pages may read answers, or any.
pub(super) struct Cors(Option<HeaderValue>);

impl Cors {
    /// `*` for any, empty for none.
    pub(super) fn new(origin: &str) -> Result<Self, InvalidHeaderValue> {
        Ok(Self(if origin.is_empty() { None } else { Some(HeaderValue::from_str(origin)?) }))
    }

    /// Says so in an answer. It is the same for every request, so no cache has to tell origins apart.
    pub(super) fn permit(&self, headers: &mut HeaderMap) {
        if let Some(origin) = &self.0 {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_named_where_there_is_one() {
        for (origin, expected) in [("", None), ("*", Some("*")), ("https://app.example", Some("https://app.example"))] {
            let mut headers = HeaderMap::new();
            Cors::new(origin).unwrap().permit(&mut headers);
            assert_eq!(headers.get(ACCESS_CONTROL_ALLOW_ORIGIN).map(|value| value.to_str().unwrap()), expected);
            assert_eq!(headers.len(), if expected.is_some() { 2 } else { 0 });
        }
        assert!(Cors::new("a\nb").is_err());
    }
}
