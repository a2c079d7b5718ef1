//! What is printed, and where.

use std::io::{self, Write};

use clap::ValueEnum;
use comfy_table::{ContentArrangement, Table, presets};

use crate::error::Error;

/// How a result is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Output {
    /// Columns for people
    #[default]
    Table,
    /// The API's JSON
    Json,
}

/// Writes `text` and a line's end to standard output.
///
/// # Errors
///
/// When it cannot be written.
pub fn print(text: &str) -> Result<(), Error> {
    let mut out = io::stdout().lock();
    let written = out.write_all(format!("{text}\n").as_bytes()).and_then(|()| out.flush());
    written.map_err(|source| Error::Io { what: "standard output cannot be written to".to_owned(), source })
}

/// Tells a person something, on standard error. That nobody listens is no failure.
pub fn say(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// Rows under a heading, in columns.
#[must_use]
pub fn columns(heading: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = plain();
    table.set_header(heading.iter().copied());
    table.add_rows(rows);
    trimmed(&table)
}

/// Names and values, one pair a line.
#[must_use]
pub fn pairs(pairs: impl IntoIterator<Item = (String, String)>) -> String {
    let mut table = plain();
    table.add_rows(pairs.into_iter().map(|(name, value)| [name, value]));
    trimmed(&table)
}

fn plain() -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table
}

/// The table without the blanks around its lines.
fn trimmed(table: &Table) -> String {
    let lines = table.lines().map(|line| line.strip_prefix(' ').unwrap_or(&line).trim_end().to_owned());
    lines.collect::<Vec<_>>().join("\n")
}
