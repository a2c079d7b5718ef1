//! Text that readers see as it is: without characters that are invisible or change the order of others.
//!
//! It is required of requests that create or change a text. Stored texts are older than the rule and stay valid.

use unicode_general_category::{GeneralCategory, get_general_category};

/// The joiners: emoji and several scripts need them between visible characters (Unicode 17.0, section 23.2).
const JOINERS: [char; 2] = ['\u{200c}', '\u{200d}'];

/// The variation selectors of text and emoji, which follow the character whose form they select.
const VARIATION_SELECTORS: [char; 2] = ['\u{fe0e}', '\u{fe0f}'];

/// Letters and symbols without a glyph: the Hangul fillers and the blank Braille pattern.
const BLANKS: [char; 5] = ['\u{115f}', '\u{1160}', '\u{2800}', '\u{3164}', '\u{ffa0}'];

/// Why a text is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VisibleTextError {
    /// The text contains a format, separator or private-use character, or a joiner that joins nothing.
    #[error("must not contain the invisible or reordering character U+{:04X}", u32::from(*.0))]
    Hidden(char),
    /// The text contains no visible character.
    #[error("must contain a visible character")]
    Blank,
}

/// Checks that `text` contains a visible character and none of the general categories Cf, Zl, Zp and Co (Unicode
/// Standard Annex 44, table 12), except joiners between visible characters.
///
/// # Errors
///
/// Returns [`VisibleTextError`] with the first character that is rejected.
pub fn require_visible(text: &str) -> Result<(), VisibleTextError> {
    let characters: Vec<char> = text.chars().collect();
    match (0..characters.len()).find(|&index| is_hidden_at(&characters, index)) {
        Some(index) => Err(VisibleTextError::Hidden(characters[index])),
        None if characters.into_iter().any(is_visible) => Ok(()),
        None => Err(VisibleTextError::Blank),
    }
}

/// Whether a reader does not see the character at `index` of a text, or sees others in another order because of it: a hidden
/// character, a joiner or a variation selector that no visible character needs, or a letter without a glyph.
#[must_use]
pub fn is_invisible_at(characters: &[char], index: usize) -> bool {
    is_hidden_at(characters, index) || BLANKS.contains(&characters[index])
}

fn is_hidden_at(characters: &[char], index: usize) -> bool {
    let character = characters[index];
    if JOINERS.contains(&character) {
        // A mark, such as a virama or a variation selector, belongs to the character before it.
        let base = characters[..index].iter().rev().find(|before| !is_mark(**before));
        let after = characters.get(index + 1).copied();
        ![base.copied(), after].iter().all(|neighbor| neighbor.is_some_and(is_visible))
    } else if VARIATION_SELECTORS.contains(&character) {
        !index.checked_sub(1).is_some_and(|before| is_visible(characters[before]))
    } else {
        is_hidden(character)
    }
}

/// Whether the character is a format, separator or private-use character (general categories Cf, Zl, Zp and Co) and not a
/// joiner, or is another one without a glyph that display ignores (`Default_Ignorable_Code_Point`): it is invisible, or
/// changes how others are displayed. The variation selectors of text and emoji are excluded.
fn is_hidden(character: char) -> bool {
    let is_ignorable = matches!(
        character,
        '\u{34f}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{2065}' | '\u{fe00}'..='\u{fe0d}'
            | '\u{fff0}'..='\u{fff8}' | '\u{e0000}'..='\u{e0fff}'
    );
    let is_of_hidden_category = matches!(
        get_general_category(character),
        GeneralCategory::Format
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
            | GeneralCategory::PrivateUse
    );
    is_ignorable || (is_of_hidden_category && !JOINERS.contains(&character))
}

fn is_mark(character: char) -> bool {
    matches!(
        get_general_category(character),
        GeneralCategory::NonspacingMark | GeneralCategory::SpacingMark | GeneralCategory::EnclosingMark
    )
}

/// Whether the character has a glyph of its own.
fn is_visible(character: char) -> bool {
    let is_glyph = !matches!(
        get_general_category(character),
        GeneralCategory::Control
            | GeneralCategory::Format
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
            | GeneralCategory::PrivateUse
            | GeneralCategory::SpaceSeparator
            | GeneralCategory::Surrogate
            | GeneralCategory::Unassigned
    );
    is_glyph && !is_mark(character) && !BLANKS.contains(&character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_in_any_script_is_visible() {
        for text in [
            "My token",
            "a",
            "-",
            "Ключ",
            "क्‍ष",
            "می‌خواهم",
            "👩‍👩‍👧",
            "❤️‍🔥",
            "café",
            "cafe\u{301}",
            "日本語",
            "한글",
            "a\u{a0}b",
        ] {
            assert_eq!(require_visible(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn text_with_hidden_character_is_rejected() {
        for hidden in
            "\u{ad}\u{61c}\u{180e}\u{200b}\u{200e}\u{200f}\u{2028}\u{2029}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\
                       \u{2060}\u{2065}\u{2066}\u{2069}\u{34f}\u{180b}\u{fe00}\u{e0100}\u{e000}\u{feff}\u{fff9}\u{e0001}\u{e0041}\u{f0000}\u{10fffd}"
                .chars()
        {
            for text in [format!("a{hidden}b"), format!("{hidden}b"), hidden.to_string()] {
                assert_eq!(require_visible(&text), Err(VisibleTextError::Hidden(hidden)), "{text:?}");
            }
        }
    }

    #[test]
    fn joiner_without_visible_neighbors_is_rejected() {
        for text in ["a\u{fe0f}\u{fe0f}", "\u{fe0f}a", " \u{fe0e}a"] {
            assert!(
                matches!(require_visible(text), Err(VisibleTextError::Hidden('\u{fe0e}' | '\u{fe0f}'))),
                "{text:?}"
            );
        }
        for text in [
            "a\u{301}\u{200d}\u{301}b",
            "\u{301}\u{200d}b",
            "\u{200d}a",
            "a\u{200d}",
            "a\u{200c} b",
            "a \u{200d}b",
            "a\u{200d}\u{200d}b",
            "\u{200c}",
        ] {
            assert!(
                matches!(require_visible(text), Err(VisibleTextError::Hidden('\u{200c}' | '\u{200d}'))),
                "{text:?}"
            );
        }
    }

    #[test]
    fn text_without_glyph_is_blank() {
        for text in ["", " ", "\u{3000}", "\u{3164}", "\u{115f}\u{1160}", "\u{2800}", "\u{301}"] {
            assert_eq!(require_visible(text), Err(VisibleTextError::Blank), "{text:?}");
        }
    }

    #[test]
    fn only_characters_without_a_visible_effect_are_invisible() {
        let invisible = |text: &str| {
            let characters: Vec<char> = text.chars().collect();
            (0..characters.len()).filter(|&index| is_invisible_at(&characters, index)).count()
        };
        for text in ["", "My token 1", "👩‍👩‍👧", "❤️‍🔥", "क्‍ष", "می‌خواهم", "한글", "cafe\u{301}"]
        {
            assert_eq!(invisible(text), 0, "{text}");
        }
        for text in
            ["a\u{200d}", "a\u{200c} b", "\u{fe0f}a", "a\u{3164}b", "\u{115f}", "\u{1160}", "\u{ffa0}", "\u{2800}"]
        {
            assert_eq!(invisible(text), 1, "{text:?}");
        }
        assert_eq!(invisible("a\u{200d}\u{200d}b\u{202e}"), 3);
    }

    #[test]
    fn error_names_the_code_point() {
        let message = require_visible("prod\u{202e} nimda").unwrap_err().to_string();
        assert_eq!(message, "must not contain the invisible or reordering character U+202E");
    }
}
