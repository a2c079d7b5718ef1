//! Many mixed requests while `DynamoDB` and KMS fail now and then: is every answer one that the contract foresees, does the
//! ledger say what was answered, and do the functions stay as small as they were?

mod client;
mod consistent;
mod explain;
mod faults;
mod limits;
mod made;
mod mix;
mod processes;
mod slow;
mod table;

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{
    task::JoinSet,
    time::{MissedTickBehavior, interval},
};

use self::{
    client::{Client, Log},
    made::Board,
    processes::Processes,
};
use super::{Report, Size};
use crate::stack::{Outcome, Running};

/// How many ask at once, and to how many organizations they belong.
const CLIENTS: usize = 16;
const ORGANIZATIONS: usize = 4;

/// What the clients share.
struct Shared {
    /// How many requests were begun.
    begun: AtomicUsize,
    /// How many there are to be.
    requests: usize,
    /// The newest token of each organization.
    board: Board,
}

/// All that was seen.
struct Seen {
    log: Log,
    took: Duration,
    faults: Vec<(String, usize)>,
    unavailable: explain::Explained,
    slow: Vec<slow::Held>,
    limits: Vec<limits::Refused>,
    early: Processes,
    late: Processes,
    ledger: consistent::Compared,
}

/// Sends the requests and looks at everything afterwards.
pub async fn measure(workspace: &Path, size: Size) -> Outcome<Report> {
    let running = Running::start(workspace, !size.short).await?;
    let shared = Arc::new(Shared {
        begun: AtomicUsize::new(0),
        requests: size.pick(3_000, 100_000),
        board: Board::new(ORGANIZATIONS),
    });
    let seen = soak(&running, &shared).await?;
    running.stop().await?;
    let broken = seen.broken(size);
    Ok(Report { body: table::table(&seen, size), broken })
}

async fn soak(running: &Running, shared: &Arc<Shared>) -> Outcome<Seen> {
    let owners = (0..ORGANIZATIONS).map(|org| running.owner(&format!("soak{org}"))).collect::<Outcome<Vec<_>>>()?;
    let slow = tokio::spawn(slow::hold(running.stack.local.url.clone()));
    let started = Instant::now();
    let clients = clients(running, shared, &owners);
    let (early, limits) = tokio::join!(watch(running, shared), limits::ask(running, &owners[0]));
    let log = logs(clients).await?;
    let took = started.elapsed();
    // Before the comparison, whose long lists are another load than the one that was there early.
    let late = Processes::of(running)?;
    let slow = slow.await??;
    let ledger = consistent::check(running, &owners, &log).await?;
    let calls = running.stack.aws.calls.all();
    Ok(Seen {
        unavailable: explain::explain(&log, &calls),
        faults: faults::count(&calls),
        late,
        early: early?,
        limits: limits?,
        log,
        took,
        slow,
        ledger,
    })
}

/// Has the clients begin.
fn clients(running: &Running, shared: &Arc<Shared>, owners: &[String]) -> JoinSet<Outcome<Log>> {
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        clients.spawn(Client::new(number, running.caller(), owners, Arc::clone(shared)).until_over());
    }
    clients
}

/// What all of them saw.
async fn logs(mut clients: JoinSet<Outcome<Log>>) -> Outcome<Log> {
    let mut log = Log::default();
    while let Some(client) = clients.join_next().await {
        log.append(client??);
    }
    Ok(log)
}

/// Puts the faults in force, has an outage now and then, and takes all away when the requests are through. Gives what the
/// processes were like after a fifth of them.
async fn watch(running: &Running, shared: &Shared) -> Outcome<Processes> {
    let (mut early, mut outages) = (None, 0);
    let mut tick = interval(Duration::from_millis(20));
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    faults::share(&running.stack.aws.faults, 0);
    loop {
        tick.tick().await;
        let begun = shared.begun.load(Ordering::Relaxed);
        if early.is_none() && begun * 5 >= shared.requests {
            early = Some(Processes::of(running)?);
        }
        if begun * (faults::OUTAGES + 1) >= shared.requests * (outages + 1) && outages < faults::OUTAGES {
            faults::outage(&running.stack.aws.faults, outages).await;
            outages += 1;
        }
        if begun >= shared.requests {
            break;
        }
    }
    running.stack.aws.faults.clear();
    Ok(early.unwrap_or_default())
}

impl Seen {
    /// Each promise that is broken.
    fn broken(&self, size: Size) -> Vec<String> {
        let mut broken = self.ledger.broken.clone();
        broken.extend(self.log.complaints.iter().take(20).cloned());
        broken.extend(self.unavailable.broken());
        broken.extend(slow::broken(&self.slow));
        broken.extend(limits::broken(&self.limits));
        broken.extend(processes::broken(&self.early, &self.late, size));
        broken
    }
}
