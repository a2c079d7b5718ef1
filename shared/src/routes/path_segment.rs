//! The segments of a path that has one reading only.

/// The characters of a segment in addition to letters and digits: the unreserved characters of RFC 3986, section 2.3, and those
/// that a segment may contain as they are (section 3.3), except `$`, `*` and `;`. `$` and `*` have a meaning in an IAM policy, and
/// `;` starts parameters that some servers remove.
pub(crate) const SEGMENT_PUNCTUATION: &str = ". _ ~ - : @ + , = ! ' ( ) &";

/// Whether every reader interprets `segment` in the same way and an IAM policy names it literally: ASCII letters, digits and
/// [`SEGMENT_PUNCTUATION`], not empty, and not a dot segment (RFC 3986, section 3.3).
pub(crate) fn is_literal_segment(segment: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._~-:@+,=!'()&".contains(&byte);
    !matches!(segment, "" | "." | "..") && segment.bytes().all(is_plain)
}

/// The routes with a user, `<provider>|<subject>`, as the path parameter `{userId}`.
const USER_ROUTES: [&str; 2] =
    ["/v1/permissions/assignments/{userId}", "/v1/permissions/assignments/{userId}/{roleId}"];

/// A rule for the segments of a path.
pub(crate) type SegmentRule = fn(&str) -> bool;

/// The rule for the decoded segments of a request to the route with this path: [`is_literal_segment`], and on routes with a user
/// [`is_user_segment`].
pub(crate) fn segment_rule(path: &str) -> SegmentRule {
    if has_user(path) { is_user_segment } else { is_literal_segment }
}

/// Whether the route with this path has a user as a path parameter.
pub(crate) fn has_user(path: &str) -> bool {
    USER_ROUTES.contains(&path)
}

/// Whether `segment` is literal apart from `|` and inner spaces. Neither has a meaning in an IAM policy or separates parts of a
/// path. A server may trim a space at an end, so none is accepted there.
fn is_user_segment(segment: &str) -> bool {
    segment.trim() == segment && is_literal_segment(&segment.replace(['|', ' '], ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literal_segment_has_only_documented_characters() {
        for byte in 0..=u8::MAX {
            let letter = char::from(byte);
            let is_documented =
                letter.is_ascii_alphanumeric() || (letter != ' ' && SEGMENT_PUNCTUATION.contains(letter));
            assert_eq!(is_literal_segment(&format!("a{letter}")), is_documented, "{letter:?}");
        }
    }

    #[test]
    fn user_segment_has_pipe_and_inner_space_in_addition() {
        for byte in 0..=u8::MAX {
            let segment = format!("a{}b", char::from(byte));
            let expected = is_literal_segment(&segment) || matches!(byte, b'|' | b' ');
            assert_eq!(is_user_segment(&segment), expected, "{segment:?}");
        }
        for segment in ["", " ", "|", " a", "a ", "..", ".|.", ". .", "local|a/b", "local|*"] {
            assert!(!is_user_segment(segment), "{segment}");
        }
    }

    #[test]
    fn only_own_routes_with_a_user_accept_user_segments() {
        for (path, expected) in [
            ("/v1/permissions/assignments/{userId}", true),
            ("/v1/permissions/assignments/{userId}/{roleId}", true),
            ("/v1/permissions/assignments/{userId}/{role}", false),
            ("/v1/permissions/roles/{roleId}", false),
            ("/orders/{userId}", false),
            ("$default", false),
        ] {
            assert_eq!(segment_rule(path)("local|1001"), expected, "{path}");
        }
    }

    #[test]
    fn empty_and_dot_segments_are_not_literal() {
        for (segment, expected) in [("", false), (".", false), ("..", false), ("...", true), (".a", true), (":", true)]
        {
            assert_eq!(is_literal_segment(segment), expected, "{segment}");
        }
    }
}
