//! Guarantees under load: each part measures one, reports what it saw, and fails if the guarantee is violated.

mod revocation;
mod soak;

use clap::{Args, ValueEnum};
use local::build;
use tokio::runtime::Runtime;

use crate::{output, stack::Result};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Args)]
pub struct Options {
    /// Measures development builds with few requests
    #[arg(long)]
    short: bool,
    /// Measures only this part
    #[arg(long)]
    only: Option<Part>,
}

impl Options {
    fn pick<T>(self, short: T, long: T) -> T {
        if self.short { short } else { long }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// No request that starts after the response to a revocation is granted
    Revocation,
    /// Mixed requests while calls to `DynamoDB` and KMS fail
    Soak,
}

struct Report {
    body: String,
    violations: Vec<String>,
}

/// Runs all parts, or the selected one.
pub fn measure(options: Options) -> Result<()> {
    let workspace = build::workspace();
    let command = options.pick("xtask bench reliability --short", "xtask bench reliability");
    let mut violations = Vec::new();
    for part in Part::value_variants().iter().filter(|part| options.only.is_none_or(|only| only == **part)) {
        let (title, report) = match part {
            Part::Revocation => ("Revocation", Runtime::new()?.block_on(revocation::measure(&workspace, options))?),
            Part::Soak => ("Soak", Runtime::new()?.block_on(soak::measure(&workspace, options))?),
        };
        output::report(&workspace, title, command, &report.body)?;
        violations.extend(report.violations.into_iter().map(|violation| format!("{title}: {violation}")));
    }
    output::require_none(&violations)
}
