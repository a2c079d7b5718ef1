//! Revocation while many clients use the token: no request that starts after the response 200 may be granted.

mod outcomes;
mod round;

use std::path::Path;

use self::{
    outcomes::Outcomes,
    round::{Revoker, Round},
};
use super::{Options, Report};
use crate::{
    output::table,
    stack::{LocalStack, Result},
};

const CLIENTS: usize = 32;

/// Authorizer processes that are started in advance.
const PROCESSES: usize = 8;

const HEADER: &str = "revoked|rounds|requests|granted before|in flight, granted|in flight, denied|**started after, granted**|started after, denied";

pub async fn measure(workspace: &Path, options: Options) -> Result<Report> {
    let stack = LocalStack::start(workspace, !options.short).await?;
    stack.stack.lambda.warm_up("authorizer", PROCESSES).await?;
    let mut rows = Vec::new();
    let mut violations = Vec::new();
    for revoker in Revoker::ALL {
        let rounds = revoker.rounds(options);
        let outcomes = run(&stack, revoker, rounds).await?;
        violations.extend(outcomes.violations(revoker.name()));
        rows.push(cells(revoker, rounds, &outcomes));
    }
    let processes =
        stack.stack.lambda.event_counts("authorizer").values().filter(|invocations| **invocations > 0).count();
    stack.stop().await?;
    if processes < PROCESSES {
        violations.push(format!("{processes} authorizer processes were invoked, fewer than {PROCESSES}"));
    }
    let body = format!(
        "{CLIENTS} clients use one token continuously until it is revoked over another connection. {processes} authorizer \
         processes were invoked.\n\n{}",
        table(HEADER, rows)
    );
    Ok(Report { body, violations })
}

async fn run(stack: &LocalStack, revoker: Revoker, rounds: usize) -> Result<Outcomes> {
    let mut outcomes = Outcomes::default();
    let clients = stack.client();
    // The revocation uses connections of its own.
    let revoking_client = stack.client();
    let owner = stack.owner("123")?;
    for _ in 0..rounds {
        let round = Round::prepare(&revoking_client, &owner, revoker).await?;
        outcomes.add(&round.run(&clients, &revoking_client).await?);
    }
    Ok(outcomes)
}

fn cells(revoker: Revoker, rounds: usize, outcomes: &Outcomes) -> Vec<String> {
    let mut cells = vec![revoker.name().to_owned(), rounds.to_string()];
    let counts = [outcomes.requests, outcomes.granted_before, outcomes.in_flight_granted, outcomes.in_flight_denied];
    cells.extend(counts.map(|count| count.to_string()));
    cells.extend([format!("**{}**", outcomes.granted_after.len()), outcomes.denied_after.to_string()]);
    cells
}
