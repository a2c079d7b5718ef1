//! Whether the promises hold under load: each part measures one, prints what it saw, and fails when the promise is broken.

mod played;
mod revocation;
mod soak;

use std::path::Path;

use clap::ValueEnum;
use local::build;
use tokio::runtime::Runtime;

use crate::{
    figures,
    stack::{Outcome, heading},
};

/// How much is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Little, of development builds, as the gate does. Else much, of what is deployed.
    pub short: bool,
}

impl Size {
    /// The one or the other.
    pub fn pick<T>(self, short: T, long: T) -> T {
        if self.short { short } else { long }
    }
}

/// What a part saw.
pub struct Report {
    /// Its tables, in Markdown.
    pub body: String,
    /// Each promise that was broken, a sentence.
    pub broken: Vec<String>,
}

/// A part. They run in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// No request that begins after a revoke was answered is granted
    Revocation,
    /// Many mixed requests with faults, slow senders and requests that are too large
    Soak,
    /// Every call to `DynamoDB` and KMS under every fault
    Faults,
    /// Random programs of people and tokens, compared with a model
    Programs,
}

impl Part {
    /// Whether `cargo test` has it too, so that the short form leaves it out.
    fn is_tested(self) -> bool {
        matches!(self, Self::Faults | Self::Programs)
    }

    fn title(self) -> &'static str {
        match self {
            Self::Revocation => "Revocation",
            Self::Soak => "Soak",
            Self::Faults => "Faults",
            Self::Programs => "Programs",
        }
    }

    fn measure(self, workspace: &Path, size: Size) -> Outcome<Report> {
        match self {
            Self::Revocation => Runtime::new()?.block_on(revocation::measure(workspace, size)),
            Self::Soak => Runtime::new()?.block_on(soak::measure(workspace, size)),
            Self::Faults => played::measure(workspace, "faults::"),
            Self::Programs => played::measure(workspace, "model_based::"),
        }
    }
}

/// Runs the parts, or the one that is named. What the long form saw is kept as well, where it holds.
///
/// # Errors
///
/// When a part cannot be run, and when a promise is broken.
pub fn measure(size: Size, only: Option<Part>) -> Outcome<()> {
    let workspace = build::workspace();
    let mut broken = Vec::new();
    let wanted = |part: &&Part| only.map_or(!(size.short && part.is_tested()), |only| only == **part);
    for part in Part::value_variants().iter().filter(wanted) {
        let report = part.measure(&workspace, size)?;
        let body = heading(if size.short { "holds --short" } else { "holds" }, !size.short) + &report.body;
        figures::tell(&format!("## {}\n\n{body}\n", part.title()));
        if !size.short && report.broken.is_empty() {
            figures::keep(&workspace, part.title(), &body)?;
        }
        broken.extend(report.broken.into_iter().map(|sentence| format!("{}: {sentence}", part.title())));
    }
    if broken.is_empty() { Ok(()) } else { Err(format!("not everything holds\n{}", broken.join("\n")).into()) }
}
