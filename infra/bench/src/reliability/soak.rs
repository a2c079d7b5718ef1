//! Mixed requests while calls to `DynamoDB` and KMS fail: every response must be allowed by the contract, the stored state must
//! match the responses, and the functions must not accumulate memory or file descriptors.

mod attribution;
mod client;
mod faults;
mod processes;
mod request_kind;
mod stored_state;

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{
    task::JoinSet,
    time::{MissedTickBehavior, interval},
};

use self::{
    attribution::Attribution,
    client::{ClientLog, SoakClient},
    processes::Processes,
    stored_state::Comparison,
};
use super::{Options, Report};
use crate::{
    output::table,
    percentiles::{Percentiles, milliseconds},
    stack::{LocalStack, Result},
};

const CLIENTS: usize = 16;

const ORGANIZATIONS: usize = 4;

/// Unexpected responses that are reported one by one.
const MAX_REPORTED: usize = 20;

struct Shared {
    sent: AtomicUsize,
    total: usize,
    newest_ids: [Mutex<Option<String>>; ORGANIZATIONS],
}

struct Observations {
    log: ClientLog,
    elapsed: Duration,
    failed_attempts: usize,
    attribution: Attribution,
    /// The processes after a fifth of the requests, and at the end.
    early: Processes,
    late: Processes,
    comparison: Comparison,
}

pub async fn measure(workspace: &Path, options: Options) -> Result<Report> {
    let stack = LocalStack::start(workspace, !options.short).await?;
    let shared = Arc::new(Shared {
        sent: AtomicUsize::new(0),
        total: options.pick(3_000, 100_000),
        newest_ids: Default::default(),
    });
    let observations = soak(&stack, &shared).await?;
    stack.stop().await?;
    let min_invocations = options.pick(20, 200);
    let mut violations = observations.comparison.violations.clone();
    violations.extend(observations.log.violations.iter().take(MAX_REPORTED).cloned());
    let unattributed = observations.attribution.unattributed;
    if unattributed > 0 {
        violations.push(format!("{unattributed} responses with status 5xx without a failed call"));
    }
    violations.extend(processes::violations(&observations.early, &observations.late, min_invocations));
    Ok(Report { body: observations.to_markdown(min_invocations), violations })
}

async fn soak(stack: &LocalStack, shared: &Arc<Shared>) -> Result<Observations> {
    let owners = (0..ORGANIZATIONS).map(|org| stack.owner(&format!("soak{org}"))).collect::<Result<Vec<_>>>()?;
    let started = Instant::now();
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        clients.spawn(SoakClient::new(number, stack.client(), &owners, Arc::clone(shared)).run());
    }
    let early = inject_faults(stack, shared).await?;
    let mut log = ClientLog::default();
    while let Some(client) = clients.join_next().await {
        log.append(client??);
    }
    let elapsed = started.elapsed();
    // Before the comparison, whose long lists are a different load.
    let late = Processes::of(stack)?;
    let comparison = stored_state::compare(stack, &owners, &log.tokens).await?;
    let calls = stack.stack.aws.calls.all();
    let attribution = attribution::attribute(&log.responses, &calls);
    Ok(Observations {
        log,
        elapsed,
        failed_attempts: calls.iter().filter(|call| call.fault.as_ref().is_some_and(faults::is_failure)).count(),
        attribution,
        early,
        late,
        comparison,
    })
}

/// Injects faults and outages until all requests are sent. Returns the processes after a fifth of the requests.
async fn inject_faults(stack: &LocalStack, shared: &Shared) -> Result<Processes> {
    let injected = &stack.stack.aws.faults;
    let mut early = None;
    let mut outages = 0;
    let mut tick = interval(Duration::from_millis(20));
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    faults::inject_random(injected, 0);
    loop {
        tick.tick().await;
        let sent = shared.sent.load(Ordering::Relaxed);
        if early.is_none() && sent * 5 >= shared.total {
            early = Some(Processes::of(stack)?);
        }
        if sent * (faults::OUTAGES + 1) >= shared.total * (outages + 1) && outages < faults::OUTAGES {
            faults::inject_outage(injected, outages).await;
            outages += 1;
        }
        if sent >= shared.total {
            break;
        }
    }
    injected.clear();
    Ok(early.unwrap_or_default())
}

impl Observations {
    fn to_markdown(&self, min_invocations: usize) -> String {
        let mut times: BTreeMap<(&str, u16), Vec<f64>> = BTreeMap::new();
        for response in &self.log.responses {
            let time = milliseconds(response.received - response.sent);
            times.entry((response.kind.name(), response.status)).or_default().push(time);
        }
        let responses = times.into_iter().map(|((name, status), times)| {
            let mut cells = vec![name.to_owned(), status.to_string(), times.len().to_string()];
            let Percentiles { p50, p99, max, .. } = Percentiles::of(times);
            cells.extend([p50, p99, max].map(|time| format!("{time:.1}")));
            cells
        });
        let Attribution { responses: errors, failed_calls, unattributed } = self.attribution;
        let Comparison { tokens, active, violations } = &self.comparison;
        format!(
            "{CLIENTS} clients of {ORGANIZATIONS} organizations. One call in a hundred to DynamoDB and KMS fails, and {} times one \
             of the two is unavailable for 0.4 s. {} requests in {} s.\n\n{}\
             {} attempts failed, and {failed_calls} calls with all their attempts. {errors} responses were 5xx, each a 503 `unavailable` with \
             `Retry-After`, {unattributed} of them without such a call. {} creates and revokes were retried after a 503.\n\n{}\n\
             {tokens} tokens were created, {active} of them are active. Violations of the stored state: {}.\n",
            faults::OUTAGES,
            self.log.responses.len(),
            self.elapsed.as_secs(),
            table("request|status|count|p50, ms|p99, ms|max, ms", responses),
            self.failed_attempts,
            self.log.retries,
            processes::summary(&self.early, &self.late, min_invocations),
            violations.len(),
        )
    }
}
