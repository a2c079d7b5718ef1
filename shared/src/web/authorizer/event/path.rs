//! The path of a request, which must have one reading only.
//!
//! A REST API passes path, path parameters and `methodArn` as they are in the URL; an HTTP API decodes path and parameters.

use std::collections::HashMap;

use percent_encoding::percent_decode_str;

use crate::routes::SegmentRule;

/// The route `path` with its parameters replaced by their values; `None` if a value is missing or empty, or a parameter
/// that is not greedy contains a slash.
pub(super) fn fill_path(path: &str, parameters: &HashMap<String, String>) -> Option<String> {
    let fill = |segment: &str| match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        None => Some(segment.to_owned()),
        Some(name) => {
            let greedy = name.strip_suffix('+');
            let value = parameters.get(greedy.unwrap_or(name))?;
            (!value.is_empty() && (greedy.is_some() || !value.contains('/'))).then(|| value.clone())
        }
    };
    let segments: Option<Vec<_>> = path.split('/').map(fill).collect();
    Some(segments?.join("/"))
}

/// Whether every reader interprets the path in the same way, because each segment complies with `rule`: no percent-encoding, no
/// wildcard of an IAM policy, no dot segment, no empty segment.
pub(super) fn is_literal(path: &str, rule: SegmentRule) -> bool {
    path.strip_prefix('/').is_some_and(|rest| rest.is_empty() || rest.split('/').all(rule))
}

/// `text`, a path or a value of a path parameter, with the percent-encoding of each segment decoded once (RFC 3986, section
/// 2.1). `None` if a segment does not comply with `rule` after that: an encoded slash, another escape or a wildcard would give
/// the path a second reading.
pub(super) fn decode_once(text: &str, rule: SegmentRule) -> Option<String> {
    let decode = |segment: &str| {
        let decoded = percent_decode_str(segment).decode_utf8().ok()?;
        rule(&decoded).then(|| decoded.into_owned())
    };
    let (slash, segments) = text.strip_prefix('/').map_or(("", text), |rest| ("/", rest));
    if segments.is_empty() {
        return Some(slash.to_owned());
    }
    let decoded: Option<Vec<_>> = segments.split('/').map(decode).collect();
    Some(slash.to_owned() + &decoded?.join("/"))
}

#[cfg(test)]
mod tests {
    use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
    use proptest::prelude::*;

    use super::*;
    use crate::routes::segment_rule;

    fn literal(path: &str) -> bool {
        is_literal(path, segment_rule("/x/{id}"))
    }

    fn decoded(text: &str) -> Option<String> {
        decode_once(text, segment_rule("/x/{id}"))
    }

    /// Characters that [`encoded`] encodes: some that a path may contain, and some that it may not.
    const ENCODED: &AsciiSet = &CONTROLS.add(b'_').add(b'a').add(b':').add(b'@').add(b'%').add(b'*').add(b' ');

    #[test]
    fn path_with_ambiguous_characters_is_not_literal() {
        for path in ["/", "/v1/access-tokens", "/a/b.c/~d_e-f", "/...", "/v3/events:batchGet", "/a@b.example/!'()+,=&"]
        {
            assert!(literal(path), "{path}");
        }
        for path in [
            "", "a", "//", "/a/", "//a", "/a//b", "/.", "/..", "/a/../b", "/*", "/a?", "/${x}", "/%2e", "/a;b", "/ä",
            "/a b", "/a\\b", "/a$", "/a#b", "/a|b", "/a\"b", "/a\u{7f}", "/%3A",
        ] {
            assert!(!literal(path), "{path}");
        }
    }

    #[test]
    fn percent_encoding_is_decoded_once() {
        for (text, expected) in [
            ("/", Some("/")),
            ("", Some("")),
            ("api%5Fx", Some("api_x")),
            ("%61%62", Some("ab")),
            ("/v1/%74okens/a%40b%3ac", Some("/v1/tokens/a@b:c")),
            ("a/b%2D", Some("a/b-")),
            ("%2e.%2E", Some("...")),
        ] {
            assert_eq!(decoded(text).as_deref(), expected, "{text}");
        }
        for text in [
            "%2f", "a%2Fb", "%2e%2e", ".%2e", "%2E", "%252e", "%255F", "%25", "%", "%5", "%zz", "a%", "%00", "%0a",
            "%20", "%2a", "%3f", "%24", "%3b", "%5c", "%23", "%7f", "%c3%a4", "%ff", "%c0%ae", "a//b", "a/", "//",
            "//a", "%u0061",
        ] {
            assert_eq!(decoded(text), None, "{text}");
        }
    }

    /// `text` with some of its characters percent-encoded.
    fn encoded(text: &str) -> String {
        utf8_percent_encode(text, ENCODED).to_string()
    }

    proptest! {
        /// A decoded text is literal, decodes to itself, and equals the text that was encoded.
        #[test]
        fn decoded_path_is_the_encoded_literal_path(path in "(/[a-c_:@%* .]{0,4}){1,3}") {
            let once = decoded(&encoded(&path));
            prop_assert_eq!(once.is_some(), literal(&path));
            if let Some(once) = once {
                prop_assert_eq!(&once, &path);
                prop_assert_eq!(decoded(&once), Some(once));
            }
        }

        #[test]
        fn decoding_any_text_yields_a_literal_path_or_nothing(path in "/(%[0-9A-Fa-f]{2}|[ -~]|\\PC){0,8}") {
            prop_assert!(decoded(&path).is_none_or(|decoded| literal(&decoded)));
        }

        /// Also on a route with a user, a decoded path has no wildcard, no escape and no separator, and decodes to itself.
        #[test]
        fn decoded_path_with_user_has_one_reading(path in "/(%[0-9A-Fa-f]{2}|[ -~]|\\PC){0,8}") {
            let rule = segment_rule("/v1/permissions/assignments/{userId}");
            if let Some(decoded) = decode_once(&path, rule) {
                prop_assert!(is_literal(&decoded, rule));
                prop_assert!(decoded.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{}", decoded);
                prop_assert!(!decoded.contains(['*', '?', '$', '%', ';', '\\', '#', '"']), "{}", decoded);
                prop_assert_eq!(decode_once(&decoded, rule), Some(decoded));
            }
        }
    }
}
