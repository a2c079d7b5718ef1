//! Start-up and decision cost of the functions compared with baselines and other languages.

mod aws_endpoint;
mod candidate;
mod certificates;
mod clock;
pub mod comparison;
mod fixture;
mod goals;
mod harness;
mod package_size;
mod process;
mod report;
mod runtime_api;
mod samples;

use clap::Args;
use local::build;

pub use self::{
    candidate::{Candidate, Family},
    fixture::Fixture,
    harness::Harness,
    process::Process,
};
use self::{
    package_size::PackageSize,
    report::{Report, ReportRow},
    samples::{Invocations, Samples},
};
use crate::{output, stack::Result};

const INVOCATIONS: Invocations = Invocations { warm_up: 100, measured: 400 };

#[derive(Debug, Clone, Copy, Args)]
pub struct Options {
    /// Starts of each candidate
    #[arg(long, default_value_t = 20)]
    rounds: usize,
    /// Leaves out Node.js and Python
    #[arg(long)]
    latchkey_only: bool,
}

/// Measures all candidates.
pub fn measure(options: Options) -> Result<()> {
    let workspace = build::workspace();
    let mut harness = Harness::prepare(&workspace)?;
    if !options.latchkey_only {
        harness.add_comparison(&workspace)?;
    }
    let report = harness.run(run(options, &harness))?;
    harness.stop()?;
    output::report(
        &workspace,
        "Startup",
        "run --release -p bench -- startup",
        &report.to_markdown(&goals::table(&report)),
    )?;
    goals::check(&report)
}

async fn run(options: Options, harness: &Harness) -> Result<Report> {
    rejects_untrusted_endpoint(harness).await?;
    let samples = sample(options, harness).await?;
    let mut rows = Vec::new();
    for (candidate, samples) in harness.candidates.iter().zip(samples) {
        let mut size = PackageSize::default();
        candidate.package.iter().try_for_each(|path| size.add(path))?;
        rows.push(ReportRow { candidate: candidate.clone(), size, samples });
    }
    Ok(Report { rows })
}

/// Checks that the authorizer with its compiled-in root certificates makes no call to the endpoint, whose certificate has another
/// root, and grants nothing.
async fn rejects_untrusted_endpoint(harness: &Harness) -> Result<()> {
    let mut candidate = harness.candidates[0].clone();
    candidate.environment.remove("AWS_CA_BUNDLE");
    harness.endpoint.take_calls();
    let (mut process, _) = Process::start(&candidate).await?;
    let response = process.invoke(&candidate).await;
    let is_refused = response.is_err_and(|error| error.to_string().contains("Undecided"));
    if is_refused && harness.endpoint.take_calls().is_empty() {
        Ok(())
    } else {
        Err("the authorizer trusts a certificate of an unknown root".into())
    }
}

/// Starts all candidates in turn, round by round. The first round fills caches and is not recorded.
async fn sample(options: Options, harness: &Harness) -> Result<Vec<Samples>> {
    let mut all = vec![Samples::default(); harness.candidates.len()];
    for round in 0..=options.rounds {
        if round == 1 {
            all.fill(Samples::default());
        }
        for (candidate, samples) in harness.candidates.iter().zip(&mut all) {
            samples.record(candidate, &harness.endpoint, INVOCATIONS).await?;
        }
    }
    Ok(all)
}
