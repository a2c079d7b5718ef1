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
    fn empty_and_dot_segments_are_not_literal() {
        for (segment, expected) in [("", false), (".", false), ("..", false), ("...", true), (".a", true), (":", true)]
        {
            assert_eq!(is_literal_segment(segment), expected, "{segment}");
        }
    }
}
