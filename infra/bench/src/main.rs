//! Benchmarks and reliability measurements. `infra/bench/RESULTS.md` has results with the command for each.

mod counts;
mod equivalence;
mod output;
mod percentiles;
mod reliability;
mod stack;
mod startup;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Measures Latchkey on this machine. Reports are printed and written to `target/bench/`.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    measurement: Measurement,
}

#[derive(Debug, Subcommand)]
enum Measurement {
    /// Start-up and decision cost of the release binaries, next to Node.js, Python and baselines without product code
    ///
    /// Fails if a function makes other AWS calls than designed, exceeds its limit of peak memory or package size, or misses a
    /// time goal tenfold. `infra/bench/comparison/run` must have installed those in Node.js and Python.
    Startup(startup::Options),
    /// Instructions of starts and requests, counted by callgrind and compared with `infra/bench/counts.json`
    ///
    /// Fails if a count exceeds the recorded one by more than 10 %, for starts 30 %.
    Counts {
        /// Records the new counts
        #[arg(long)]
        update: bool,
        /// Counts only this function or baseline
        #[arg(long, conflicts_with = "update")]
        only: Option<String>,
    },
    /// Compares responses and AWS calls of the authorizers in Node.js and Python with Latchkey's
    Equivalence,
    /// Revocation under load and a soak test with faults; fails if a guarantee is violated
    Reliability(reliability::Options),
}

fn main() -> ExitCode {
    let result = match Arguments::parse().measurement {
        Measurement::Startup(options) => startup::measure(options),
        Measurement::Counts { update, only } => counts::measure(update, only.as_deref()),
        Measurement::Equivalence => equivalence::check(),
        Measurement::Reliability(options) => reliability::measure(options),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::print(&format!("error: {error}\n"));
            ExitCode::FAILURE
        }
    }
}
