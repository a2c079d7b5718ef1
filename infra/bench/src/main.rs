//! Measurements, and what they gave.

mod figures;
mod footprint;
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
}

fn main() -> ExitCode {
    let done = match Command::parse().measurement {
        Measurement::Footprint { requests } => footprint::measure(requests),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            figures::tell(&format!("error: {error}\n"));
            ExitCode::FAILURE
        }
    }
}
