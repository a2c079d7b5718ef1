//! A revoke while many ask: is anything granted to a request that begins after the revoke's 200?

mod judge;
mod round;
mod table;

use std::{collections::BTreeMap, path::Path};

use local::lambda::Lambda;

use self::{
    judge::Judged,
    round::{Round, Way},
};
use super::{Report, Size};
use crate::stack::{Outcome, Running};

/// How many ask at once, and how many processes of the authorizer wait for them.
const CLIENTS: usize = 32;
const PROCESSES: usize = 8;

/// What was seen of one way to revoke.
struct Seen {
    way: Way,
    judged: Judged,
    rounds: usize,
    /// How many processes of the authorizer had something to do in each round.
    busy: Vec<usize>,
}

/// Measures every way to revoke.
pub async fn measure(workspace: &Path, size: Size) -> Outcome<Report> {
    let running = Running::start(workspace, !size.short).await?;
    running.stack.lambda.warm_up("authorizer", PROCESSES).await?;
    let mut seen = Vec::new();
    for way in Way::ALL {
        seen.push(rounds(&running, way, way.rounds(size)).await?);
    }
    let taken = running.stack.lambda.event_counts("authorizer");
    running.stop().await?;
    Ok(Report { body: table::table(&seen, &taken), broken: broken(&seen, &taken) })
}

async fn rounds(running: &Running, way: Way, rounds: usize) -> Outcome<Seen> {
    let mut seen = Seen { way, judged: Judged::default(), rounds, busy: Vec::new() };
    // The revoke goes over connections of its own.
    let (clients, revoker, owner) = (running.caller(), running.caller(), running.owner("123")?);
    for _ in 0..rounds {
        let before = running.stack.lambda.event_counts("authorizer");
        let round = Round::prepare(&revoker, &owner, way).await?;
        seen.judged.add(&round.run(&clients, &revoker).await?);
        seen.busy.push(busy(&running.stack.lambda, &before));
    }
    Ok(seen)
}

/// How many processes of the authorizer have taken an event since.
fn busy(lambda: &Lambda, before: &BTreeMap<u32, usize>) -> usize {
    let taken = lambda.event_counts("authorizer");
    taken.iter().filter(|(process, taken)| before.get(process).unwrap_or(&0) < taken).count()
}

fn broken(seen: &[Seen], taken: &BTreeMap<u32, usize>) -> Vec<String> {
    let mut broken: Vec<String> = seen.iter().flat_map(|seen| seen.judged.broken(seen.way.name())).collect();
    if taken.values().filter(|taken| **taken > 0).count() < PROCESSES {
        broken.push(format!("fewer than {PROCESSES} processes of the authorizer were asked"));
    }
    broken
}
