//! Bodies that a REST API compresses on their way out.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-receive-response-with-compressed-payload.html>.
//! Of the two codings that AWS knows gzip is played: whoever asks for deflate before it has the body as it is. There is no
//! `Vary`, as there is none on AWS, so a cache between must not keep what this answers.

use std::io::{self, Write};

use axum::{
    body::{Body, Bytes, to_bytes},
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};
use flate2::{Compression, write::GzEncoder};

/// The answer of a function, its body compressed where it has at least `smallest` bytes and `request` names the coding.
///
/// # Errors
///
/// When the body cannot be read or compressed.
pub(super) async fn compressed(
    smallest: Option<u32>,
    request: &HeaderMap,
    response: Response,
) -> Result<Response, String> {
    let Some(smallest) = smallest.filter(|_| wants_gzip(request) && !is_coded(&response)) else { return Ok(response) };
    let (mut parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.map_err(|error| error.to_string())?;
    if body.is_empty() || u32::try_from(body.len()).is_ok_and(|length| length < smallest) {
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

/// What the function coded itself stays as it is.
fn is_coded(response: &Response) -> bool {
    response.headers().contains_key(header::CONTENT_ENCODING)
}

/// Whether gzip is named, and nothing stands above it (RFC 9110, section 12.5.3). A star names nothing.
fn wants_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let codings: Vec<_> = values.flat_map(|value| value.split(',')).map(coding).collect();
    let highest = codings.iter().map(|(_, weight)| *weight).fold(0.0, f32::max);
    let is_gzip = |(name, weight): &(&str, f32)| name.eq_ignore_ascii_case("gzip") && *weight >= highest;
    highest > 0.0 && codings.iter().any(is_gzip)
}

/// A coding and its weight (RFC 9110, section 12.4.2). A weight that is none is the lowest.
fn coding(text: &str) -> (&str, f32) {
    let Some((name, weight)) = text.split_once(';') else { return (text.trim(), 1.0) };
    let weight = weight.trim().strip_prefix("q=").and_then(|weight| weight.parse().ok());
    (name.trim(), weight.filter(|weight| (0.0..=1.0).contains(weight)).unwrap_or(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wants(accepted: &'static str) -> bool {
        wants_gzip(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(accepted))]))
    }

    #[test]
    fn gzip_is_wanted_where_it_is_named_and_nothing_is_wanted_more() {
        for accepted in ["gzip", "GZIP", "gzip, deflate, br, zstd", "br;q=0.5, gzip;q=0.8", "identity;q=0.1,gzip;q=0.2"]
        {
            assert!(wants(accepted), "{accepted}");
        }
        for accepted in ["", "identity", "*", "br", "gzip;q=0", "br, gzip;q=0.9", "gzip;q=x", "gzip;q=2", "gzip;q=NaN"]
        {
            assert!(!wants(accepted), "{accepted}");
        }
        assert!(!wants_gzip(&HeaderMap::new()));
    }

    #[test]
    fn the_header_may_come_twice() {
        let mut headers = HeaderMap::new();
        for value in ["br;q=0.1", "gzip"] {
            headers.append(header::ACCEPT_ENCODING, HeaderValue::from_static(value));
        }
        assert!(wants_gzip(&headers));
    }
}
