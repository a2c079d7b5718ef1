//! Writing results to standard output and messages to standard error, and formatting tables.

use std::io::{self, Write};

use clap::ValueEnum;
use comfy_table::{ContentArrangement, Table, presets};

use crate::error::Error;

/// The value of `--output`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum OutputFormat {
    /// Aligned columns
    #[default]
    Table,
    /// JSON
    Json,
}

/// Writes `text` and a line feed to standard output.
///
/// # Errors
///
/// Returns [`Error::Io`] if standard output cannot be written.
pub fn print_result(text: &str) -> Result<(), Error> {
    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(format!("{text}\n").as_bytes()).and_then(|()| stdout.flush());
    written.map_err(|source| Error::Io { what: "cannot write standard output".to_owned(), source })
}

/// Writes `text` and a line feed to standard error. A closed standard error is not a failure of the command.
pub fn print_message(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// Formats `rows` in columns under `header`.
#[must_use]
pub fn format_table(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = borderless_table();
    table.set_header(header.iter().copied());
    table.add_rows(rows);
    trim_lines(&table)
}

/// Formats names and values, one pair per line.
#[must_use]
pub fn format_fields(fields: impl IntoIterator<Item = (String, String)>) -> String {
    let mut table = borderless_table();
    table.add_rows(fields.into_iter().map(|(name, value)| [name, value]));
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
