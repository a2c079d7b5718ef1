//! Measurements, and what they gave.

mod figures;
mod footprint;
mod holds;
mod spread;
mod stack;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Measures Latchkey on this machine and writes `infra/bench/FIGURES.md`.
#[derive(Debug, Parser)]
struct Command {
    #[command(subcommand)]
    measurement: Measurement,
}

#[derive(Debug, Subcommand)]
enum Measurement {
    /// The memory of each function after many requests, and the time that the local stack takes to be ready
    Footprint {
        /// How many requests each function answers
        #[arg(long, default_value_t = 10_000)]
        requests: usize,
    },
    /// Whether the promises hold under load; fails when one does not
    Holds {
        /// Measures little, of development builds, and writes no file
        #[arg(long)]
        short: bool,
        /// Measures this part alone
        #[arg(long)]
        only: Option<holds::Part>,
    },
}

fn main() -> ExitCode {
    let done = match Command::parse().measurement {
        Measurement::Footprint { requests } => footprint::measure(requests),
        Measurement::Holds { short, only } => holds::measure(holds::Size { short }, only),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            figures::tell(&format!("error: {error}\n"));
            ExitCode::FAILURE
        }
    }
}
