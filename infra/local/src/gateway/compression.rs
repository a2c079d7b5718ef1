//! Compression of responses of a REST API.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-receive-response-with-compressed-payload.html>
//!
//! Of the two content codings of API Gateway only gzip is implemented. As on AWS, the gateway adds no `Vary` header.

use std::io::{self, Write};

use axum::{
    body::{Body, Bytes, to_bytes},
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};
use flate2::{Compression, write::GzEncoder};

/// Compresses a body of at least `minimum_size` bytes if the request accepts gzip.
///
/// # Errors
///
/// Returns a description if the body cannot be read or compressed.
pub(super) async fn compress(
    minimum_size: Option<u32>,
    request: &HeaderMap,
    response: Response,
) -> Result<Response, String> {
    let is_encoded = response.headers().contains_key(header::CONTENT_ENCODING);
    let Some(minimum_size) = minimum_size.filter(|_| prefers_gzip(request) && !is_encoded) else { return Ok(response) };
    let (mut parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.map_err(|error| error.to_string())?;
    if body.is_empty() || u32::try_from(body.len()).is_ok_and(|length| length < minimum_size) {
        return Ok(Response::from_parts(parts, Body::from(body)));
    }
    let body = gzip(&body).map_err(|error| error.to_string())?;
    parts.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    Ok(Response::from_parts(parts, Body::from(body)))
}

fn gzip(body: &Bytes) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body)?;
    encoder.finish()
}

/// Whether the request names gzip with the highest weight (RFC 9110, section 12.5.3). `*` does not count.
fn prefers_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let codings: Vec<_> = values.flat_map(|value| value.split(',')).map(coding).collect();
    let highest = codings.iter().map(|(_, weight)| *weight).fold(0.0, f32::max);
    let is_gzip = |(name, weight): &(&str, f32)| name.eq_ignore_ascii_case("gzip") && *weight >= highest;
    highest > 0.0 && codings.iter().any(is_gzip)
}

/// A content coding and its weight (RFC 9110, section 12.4.2). An invalid weight counts as 0.
fn coding(text: &str) -> (&str, f32) {
    let Some((name, weight)) = text.split_once(';') else { return (text.trim(), 1.0) };
    let weight = weight.trim().strip_prefix("q=").and_then(|weight| weight.parse().ok());
    (name.trim(), weight.filter(|weight| (0.0..=1.0).contains(weight)).unwrap_or(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefers(accepted: &'static str) -> bool {
        prefers_gzip(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(accepted))]))
    }

    #[test]
    fn gzip_is_preferred_if_named_with_the_highest_weight() {
        for accepted in ["gzip", "GZIP", "gzip, deflate, br, zstd", "br;q=0.5, gzip;q=0.8", "identity;q=0.1,gzip;q=0.2"]
        {
            assert!(prefers(accepted), "{accepted}");
        }
        for accepted in ["", "identity", "*", "br", "gzip;q=0", "br, gzip;q=0.9", "gzip;q=x", "gzip;q=2", "gzip;q=NaN"]
        {
            assert!(!prefers(accepted), "{accepted}");
        }
        assert!(!prefers_gzip(&HeaderMap::new()));
    }

    #[test]
    fn repeated_accept_encoding_headers_are_combined() {
        let mut headers = HeaderMap::new();
        for value in ["br;q=0.1", "gzip"] {
            headers.append(header::ACCEPT_ENCODING, HeaderValue::from_static(value));
        }
        assert!(prefers_gzip(&headers));
    }
}
