//! Reports: Markdown tables, printed and written to `target/bench/`.

use std::{env, fs, io, io::Write, path::Path};

use comfy_table::{ContentArrangement, Table, presets};
use jiff::Timestamp;

use crate::stack::Result;

/// Prints `text`. A closed standard output does not fail the measurement.
pub fn print(text: &str) {
    let _ = io::stdout().write_all(text.as_bytes());
}

/// Prints the report `body` under `title` and writes it to `target/bench/<title>.md`. Its first line states the command, the
/// machine and the date.
pub fn report(workspace: &Path, title: &str, command: &str, body: &str) -> Result<()> {
    let date = Timestamp::now().strftime("%Y-%m-%d");
    let processors = std::thread::available_parallelism().map_or(0, usize::from);
    let architecture = env::consts::ARCH;
    let text = format!("## {title}\n\n`cargo {command}`, {architecture}, {processors} processors, {date}\n\n{body}\n");
    print(&text);
    let target = env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    let folder = workspace.join(target).join("bench");
    fs::create_dir_all(&folder)?;
    Ok(fs::write(folder.join(format!("{}.md", title.to_lowercase().replace(' ', "-"))), text)?)
}

/// Fails with all `violations`, if there are any.
pub fn require_none(violations: &[String]) -> Result<()> {
    if violations.is_empty() { Ok(()) } else { Err(violations.join("\n").into()) }
}

/// Formats a Markdown table and an empty line. The header's columns are separated by `|`.
pub fn table(header: &str, rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(header.split('|')).add_rows(rows);
    format!("{table}\n\n")
}
