//! Whether anything grows with the ledger: what a request calls, reads and takes, in ledgers of three sizes side by side.

mod asked;
mod filled;
mod judge;
mod rows;
mod table;

use std::{collections::BTreeMap, path::Path};

use local::build;
use tokio::runtime::Runtime;

use self::{
    asked::{Cost, Operation},
    filled::{Filled, Series},
};
use crate::{
    figures,
    stack::{Outcome, heading},
};

/// How much is measured, and of which build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Little, as the gate does.
    pub short: bool,
    /// Of what is deployed; else of development builds, which do for a ratio.
    pub release: bool,
}

impl Size {
    /// How many tokens the organizations of a series have in each ledger, the smallest first.
    fn tokens(self, series: Series) -> [usize; 3] {
        match (series, self.short) {
            (Series::Living, false) => [10, 10_000, 1_000_000],
            (Series::Living, true) => [10, 1_000, 10_000],
            (Series::Revoked, false) => [1, 1_000, 100_000],
            (Series::Revoked, true) => [1, 100, 1_000],
        }
    }

    /// How often each request is sent to each ledger, and how often before, uncounted.
    fn rounds(self) -> (usize, usize) {
        if self.short { (40, 5) } else { (1_000, 20) }
    }

    fn command(self) -> String {
        let flags = [(self.short, " --short"), (self.release, " --release")];
        let flags: String = flags.iter().filter(|(is_set, _)| *is_set).map(|(_, flag)| *flag).collect();
        format!("growth{flags}")
    }
}

/// What is told apart: the series, the request, and the number of the ledger, of which 0 is the smallest.
type Place = (Series, Operation, usize);

/// All that was seen.
struct Seen {
    size: Size,
    /// What each request cost, in the order in which they were sent.
    costs: BTreeMap<Place, Vec<Cost>>,
    /// What the list's query reads of the index, in each ledger.
    read: BTreeMap<(Series, usize), rows::Read>,
}

/// Measures, prints, and keeps what the long form saw, where it holds.
///
/// # Errors
///
/// When a ledger cannot be filled or asked, and when something grows.
pub fn measure(size: Size) -> Outcome<()> {
    let workspace = build::workspace();
    let seen = Runtime::new()?.block_on(watch(&workspace, size))?;
    let body = heading(&size.command(), size.release) + &table::table(&seen);
    figures::tell(&format!("## Growth\n\n{body}\n"));
    let broken = judge::broken(&seen);
    if !broken.is_empty() {
        return Err(format!("something grows with the ledger\n{}", broken.join("\n")).into());
    }
    if !size.short {
        figures::keep(&workspace, "Growth", &body)?;
    }
    Ok(())
}

/// Fills three ledgers and asks all of them in turn, so that whatever else the machine does falls on all alike.
async fn watch(workspace: &Path, size: Size) -> Outcome<Seen> {
    let mut ledgers = Vec::new();
    for (living, revoked) in size.tokens(Series::Living).into_iter().zip(size.tokens(Series::Revoked)) {
        ledgers.push(Filled::start(workspace, size.release, living, revoked).await?);
    }
    let mut seen = Seen { size, costs: BTreeMap::new(), read: BTreeMap::new() };
    let (counted, before) = size.rounds();
    for round in 0..before + counted {
        let costs = ask(&ledgers, round).await?;
        if round >= before {
            for (place, cost) in costs {
                seen.costs.entry(place).or_default().push(cost);
            }
        }
    }
    for (number, ledger) in ledgers.into_iter().enumerate() {
        for series in Series::ALL {
            seen.read.insert((series, number), ledger.read(series)?);
        }
        ledger.stop().await?;
    }
    Ok(seen)
}

/// Sends each request once to each ledger. Each round begins with another of them.
async fn ask(ledgers: &[Filled], round: usize) -> Outcome<Vec<(Place, Cost)>> {
    let mut costs = Vec::new();
    for series in Series::ALL {
        for operation in Operation::ALL {
            for turn in 0..ledgers.len() {
                let number = (round + turn) % ledgers.len();
                let cost = ledgers[number].ask(series, operation, round).await?;
                costs.push(((series, operation, number), cost));
            }
        }
    }
    Ok(costs)
}
