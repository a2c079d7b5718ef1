//! Writing results to standard output, and formatting tables.

use std::io::{self, Write};

use clap::ValueEnum;
use comfy_table::{ContentArrangement, Table, presets};

pub use crate::terminal::print_message;
use crate::{
    error::Error,
    terminal::{escape, escape_json, escape_line},
};

/// The value of `--output`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum OutputFormat {
    /// Aligned columns
    #[default]
    Table,
    /// JSON
    Json,
}

/// Writes `text` and a line feed to standard output, with [`escape`]. A reader that closes the pipe, such as `head`, has read
/// what it needs.
///
/// # Errors
///
/// Returns [`Error::Io`] if standard output cannot be written.
pub fn print_result(text: &str) -> Result<(), Error> {
    ignore_closed_pipe(write_stdout(&escape(text)))
}

/// Writes JSON and a line feed to standard output, as it is except for characters that a terminal would interpret or not
/// display: they are escaped as in a JSON string (RFC 8259, section 7). A closed pipe is not an error, see [`print_result`].
///
/// # Errors
///
/// Returns [`Error::Io`] if standard output cannot be written.
pub fn print_json(json: &str) -> Result<(), Error> {
    ignore_closed_pipe(write_stdout(&escape_json(json)))
}

/// Writes a token and a line feed to standard output. No later response contains it, so a closed pipe is an error.
///
/// # Errors
///
/// Returns [`Error::Io`] if standard output cannot be written, and [`Error::Other`] if the token contains other than visible
/// ASCII characters (RFC 6750, section 2.1).
pub fn print_token(token: &str) -> Result<(), Error> {
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Error::Other("malformed response: member `token` is not a token".to_owned()));
    }
    write_stdout(token)
}

/// [`print_json`] for a response with a token: a closed pipe is an error, see [`print_token`].
///
/// # Errors
///
/// Returns [`Error::Io`] if standard output cannot be written.
pub fn print_created_json(json: &str) -> Result<(), Error> {
    write_stdout(&escape_json(json))
}

fn write_stdout(text: &str) -> Result<(), Error> {
    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(format!("{text}\n").as_bytes()).and_then(|()| stdout.flush());
    written.map_err(|source| Error::Io { what: "cannot write standard output".to_owned(), source })
}

fn ignore_closed_pipe(result: Result<(), Error>) -> Result<(), Error> {
    match result {
        Err(Error::Io { source, .. }) if source.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// `number` with `noun`, which gets an `s` unless the number is 1.
#[must_use]
pub fn plural(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// Formats `rows` in columns under `header`.
#[must_use]
pub fn format_table(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = borderless_table();
    table.set_header(header.iter().copied());
    table.add_rows(rows.into_iter().map(|row| row.iter().map(|cell| escape_line(cell)).collect::<Vec<_>>()));
    trim_lines(&table)
}

/// Formats names and values, one pair per line.
#[must_use]
pub fn format_fields(fields: impl IntoIterator<Item = (String, String)>) -> String {
    let mut table = borderless_table();
    table.add_rows(fields.into_iter().map(|(name, value)| [escape_line(&name), escape_line(&value)]));
    trim_lines(&table)
}

fn borderless_table() -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table
}

/// Removes the padding around each line.
fn trim_lines(table: &Table) -> String {
    let lines = table.lines().map(|line| line.strip_prefix(' ').unwrap_or(&line).trim_end().to_owned());
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn field_of_several_lines_stays_in_its_line() {
        assert_eq!(format_fields([("name".to_owned(), "a\nb\u{1b}".to_owned())]), "name  a\\u{a}b\\u{1b}");
    }

    #[test]
    fn plural_has_no_s_for_one() {
        assert_eq!((plural(1, "token"), plural(0, "token")), ("1 token".to_owned(), "0 tokens".to_owned()));
    }
}
