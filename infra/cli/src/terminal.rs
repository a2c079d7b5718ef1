//! Text for a terminal: escapes what a terminal would interpret or not display, and writes messages to standard error.

use std::{
    fmt::Write as _,
    io::{self, Write},
};

use shared::token::is_invisible_at;

/// Writes `text` and a line feed to standard error, with [`escape`]. A closed standard error is not a failure of the command.
pub fn print_message(text: &str) {
    let _ = writeln!(io::stderr(), "{}", escape(text));
}

/// Replaces characters that a terminal would interpret or not display by `\u{…}`: text of a service or a token may contain
/// them. Line feeds stay.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let characters: Vec<char> = text.chars().collect();
    for (index, &character) in characters.iter().enumerate() {
        if character != '\n' && (character.is_control() || is_invisible_at(&characters, index)) {
            escaped.extend(character.escape_unicode());
        } else {
            escaped.push(character);
        }
    }
    escaped
}

/// [`escape`] for text of one line: a line feed is escaped too, because it would break the table or forge a message.
#[must_use]
pub fn escape_line(text: &str) -> String {
    escape(text).replace('\n', "\\u{a}")
}

/// The same JSON value. Outside of strings, JSON has no such characters but white space. A carriage return becomes a space,
/// because a terminal would overwrite the line. A joiner is always escaped, because the character that it needs may be written
/// as an escape sequence.
#[must_use]
pub fn escape_json(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for character in json.chars() {
        if character == '\r' {
            escaped.push(' ');
        } else if must_be_escaped(character) && !matches!(character, '\n' | '\t') {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // Writing to a string cannot fail.
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        } else {
            escaped.push(character);
        }
    }
    escaped
}

fn must_be_escaped(character: char) -> bool {
    character.is_control() || is_invisible_at(&[character], 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_sequences_and_hidden_characters_are_escaped() {
        for (text, expected) in [
            ("prod\u{202e} nimda", "prod\\u{202e} nimda"),
            ("\u{1b}[2J\u{9b}2J\r", "\\u{1b}[2J\\u{9b}2J\\u{d}"),
            ("a\u{2028}b\u{e000}", "a\\u{2028}b\\u{e000}"),
            ("two\nlines", "two\nlines"),
            ("Schlüssel 🔑 👩\u{200d}👩\u{200d}👧", "Schlüssel 🔑 👩\u{200d}👩\u{200d}👧"),
            ("a\u{200d}", "a\\u{200d}"),
            ("a\u{200c} b\n\u{fe0f}", "a\\u{200c} b\n\\u{fe0f}"),
            ("\u{3164}", "\\u{3164}"),
            ("a\u{115f}\u{1160}\u{ffa0}\u{2800}b", "a\\u{115f}\\u{1160}\\u{ffa0}\\u{2800}b"),
        ] {
            assert_eq!(escape(text), expected);
        }
        assert_eq!(escape_line("a\nb\u{1b}"), "a\\u{a}b\\u{1b}");
    }

    #[test]
    fn escaped_json_is_the_same_value() {
        let value = serde_json::json!({"name": "\u{202e}\u{9b}\u{7f}\u{f0000}é\u{e0041}a\u{200d}b\u{3164}\"\\"});
        let json = serde_json::to_string_pretty(&value).unwrap();
        let escaped = escape_json(&json);
        assert!(!escaped.chars().any(|character| character != '\n' && must_be_escaped(character)), "{escaped}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&escaped).unwrap(), value);
        assert_eq!(escape_json("{\"a\":1,\r\"b\":2}"), "{\"a\":1, \"b\":2}");
    }
}
