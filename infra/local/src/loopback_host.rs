//! The `Host` check of the local endpoints, against DNS rebinding.
//!
//! A page whose host name resolves to 127.0.0.1 passes the same-origin policy of a browser, but its requests carry its
//! own host name.

use std::net::Ipv4Addr;

use axum::{
    extract::Request,
    http::{HeaderMap, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

/// Middleware that rejects requests which fail the check.
pub(crate) async fn require(request: Request, next: Next) -> Response {
    if has_loopback_host(request.headers()) { next.run(request).await } else { misdirected() }
}

/// Whether exactly one `Host` header is present and names the loopback interface.
pub(crate) fn has_loopback_host(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = hosts.next().and_then(|host| host.to_str().ok());
    hosts.next().is_none() && host.is_some_and(is_loopback)
}

/// Whether the value of a `Host` header is `localhost`, an address in 127.0.0.0/8 or `[::1]`, with any port or none.
pub(crate) fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    name.eq_ignore_ascii_case("localhost")
        || name == "[::1]"
        || name.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

/// The response to a request that fails the check (RFC 9110, section 15.5.20).
pub(crate) fn misdirected() -> Response {
    (StatusCode::MISDIRECTED_REQUEST, "the Host header must be localhost, an address in 127.0.0.0/8 or [::1]")
        .into_response()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn loopback_names_and_addresses_are_accepted() {
        for host in ["localhost", "LOCALHOST:80", "127.0.0.1:8080", "127.255.0.9", "[::1]", "[::1]:65535"] {
            assert!(is_loopback(host), "{host}");
        }
    }

    #[test]
    fn other_hosts_are_rejected() {
        for host in [
            "",
            ":8080",
            "attacker.example",
            "attacker.example:8080",
            "localhost.attacker.example",
            "127.0.0.1.attacker.example",
            "localhost@attacker.example",
            "user@localhost",
            "attacker.example,localhost",
            "localhost:8080:8080",
            "localhost:+80",
            "localhost:http",
            "localhost.",
            " localhost",
            "127.1",
            "2130706433",
            "0.0.0.0",
            "128.0.0.1",
            "::1",
            "[::2]",
            "[::1]x:80",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }

    #[test]
    fn missing_repeated_and_unreadable_host_headers_are_rejected() {
        let mut headers = HeaderMap::new();
        assert!(!has_loopback_host(&headers));
        headers.insert(header::HOST, HeaderValue::from_static("localhost"));
        assert!(has_loopback_host(&headers));
        headers.append(header::HOST, HeaderValue::from_static("localhost"));
        assert!(!has_loopback_host(&headers));
        headers.insert(header::HOST, HeaderValue::from_bytes(b"localhost\xff").unwrap());
        assert!(!has_loopback_host(&headers));
    }
}
