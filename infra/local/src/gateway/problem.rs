//! The code of an error response, for the log.

use axum::response::Response;
use serde::Deserialize;

/// The `code` of a response's problem details (RFC 9457), an extension of the response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ProblemCode(pub(super) String);

#[derive(Deserialize)]
struct Problem {
    code: String,
}

/// Adds the [`ProblemCode`] to an error response with this body. Only a word of `a-z _` counts as a code: other text might
/// be a token, which must not be logged.
pub(super) fn with_problem_code(mut response: Response, body: &[u8]) -> Response {
    let is_error = response.status().is_client_error() || response.status().is_server_error();
    let is_word = |code: &String| {
        (1..=64).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    };
    let code = Some(body).filter(|_| is_error).and_then(|body| serde_json::from_slice(body).ok());
    if let Some(code) = code.map(|Problem { code }| code).filter(is_word) {
        response.extensions_mut().insert(ProblemCode(code));
    }
    response
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, http::StatusCode};

    use super::*;

    fn code(status: StatusCode, body: &str) -> Option<String> {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = status;
        with_problem_code(response, body.as_bytes()).extensions().get().map(|ProblemCode(code)| code.clone())
    }

    #[test]
    fn only_words_in_error_responses_are_codes() {
        let problem = r#"{"type":"about:blank","code":"not_found"}"#;
        assert_eq!(code(StatusCode::NOT_FOUND, problem).as_deref(), Some("not_found"));
        assert_eq!(code(StatusCode::OK, problem), None);
        for body in ["", "not_found", "{}", r#"{"code":""}"#, r#"{"code":1}"#, r#"{"code":"eyJh.eyJp.c2ln"}"#] {
            assert_eq!(code(StatusCode::FORBIDDEN, body), None, "{body}");
        }
    }
}
