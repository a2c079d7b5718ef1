//! Where the figures go: to standard output, and into `FIGURES.md`.

use std::{fs, io, io::Write, path::Path};

/// Prints `text`. That nobody reads it is no failure of the measurement.
pub fn tell(text: &str) {
    let _ = io::stdout().write_all(text.as_bytes());
}

/// Puts `body` in place of the section `title` of `FIGURES.md`, or behind the others.
///
/// # Errors
///
/// When the file cannot be read or written.
pub fn keep(workspace: &Path, title: &str, body: &str) -> io::Result<()> {
    let path = workspace.join("infra/bench/FIGURES.md");
    let kept = fs::read_to_string(&path).unwrap_or_else(|_| "# Figures\n".to_owned());
    let heading = format!("## {title}\n");
    let mut sections: Vec<String> = Vec::new();
    for line in kept.lines() {
        if line.starts_with("## ") || sections.is_empty() {
            sections.push(String::new());
        }
        if let Some(section) = sections.last_mut() {
            section.push_str(line);
            section.push('\n');
        }
    }
    sections.retain(|section| !section.starts_with(&heading));
    sections.push(format!("{heading}\n{body}"));
    let text: Vec<&str> = sections.iter().map(|section| section.trim_end()).collect();
    let text = text.join("\n\n") + "\n";
    fs::write(path, text)
}
