//! Measurements, and what they gave.

mod cost;
mod counts;
mod figures;
mod footprint;
mod growth;
mod holds;
mod sizes;
mod speed;
mod spread;
mod stack;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

/// Measures Latchkey on this machine and writes `infra/bench/FIGURES.md`.
#[derive(Debug, Parser)]
struct Command {
    #[command(subcommand)]
    measurement: Measurement,
}

#[derive(Debug, Subcommand)]
enum Measurement {
    /// What a million requests cost, from the measured times in `infra/bench/speed.json`
    Cost {
        /// The prices, in place of those in `infra/bench/prices.json`
        #[arg(long, value_name = "FILE")]
        prices: Option<PathBuf>,
    },
    /// The memory of each function after many requests, and the time that the local stack takes to be ready
    Footprint {
        /// How many requests each function answers
        #[arg(long, default_value_t = 10_000)]
        requests: usize,
    },
    /// Starts, answers, memory and size of the functions, beside what stands for them elsewhere
    Speed {
        /// How often each is started
        #[arg(long, default_value_t = 20)]
        rounds: usize,
        /// How often with less than a whole processor, for each memory size
        #[arg(long, default_value_t = 5)]
        small_rounds: usize,
        /// Measures this repository's functions alone, and writes no file
        #[arg(long)]
        ours: bool,
    },
    /// The size of the authorizer for each processor that the template knows; needs `cargo lambda`, and rustup's target for each
    Sizes,
    /// How many instructions the functions take, compared with what is kept in `counts.json`; fails where it is more
    Counts {
        /// Keeps what is counted now
        #[arg(long)]
        update: bool,
    },
    /// Whether anything grows with the ledger; fails when something does
    Growth {
        /// Measures small ledgers a few times, and writes no file
        #[arg(long)]
        short: bool,
        /// Measures what is deployed, and no development build
        #[arg(long)]
        release: bool,
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
        Measurement::Cost { prices } => cost::measure(prices),
        Measurement::Footprint { requests } => footprint::measure(requests),
        Measurement::Speed { rounds, small_rounds, ours } => {
            speed::measure(speed::Run { rounds, small_rounds, ours_alone: ours })
        }
        Measurement::Sizes => sizes::measure(),
        Measurement::Counts { update } => counts::measure(update),
        Measurement::Growth { short, release } => growth::measure(growth::Size { short, release }),
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
