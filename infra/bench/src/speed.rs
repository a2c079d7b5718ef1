//! What a function costs, beside what stands for it elsewhere: its start, its first answer, its work, its memory.

mod bare;
mod certificates;
mod chart;
mod clock;
mod endpoint;
mod peers;
mod player;
mod process;
mod quota;
mod report;
mod sample;
mod scene;
mod size;
mod stage;
mod subject;
mod table;
mod target;

use std::{collections::BTreeMap, fs, path::Path};

use jiff::Timestamp;
use local::build;

use self::{
    endpoint::Endpoint,
    quota::Quota,
    report::{Report, Row, Share},
    sample::{Effort, Seen, Values},
};
pub use self::{process::Process, report::megabytes, size::Size, stage::Stage, subject::Subject};
use crate::{
    figures::{keep, tell},
    stack::{Outcome, heading, machine},
};

/// The memory sizes whose processor time is measured, in MB.
pub const SIZES: [u32; 5] = [128, 256, quota::TEMPLATE, 1_024, quota::WHOLE];

/// How a run is to be.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    /// How often each process is started.
    pub rounds: usize,
    /// How often with less than a whole processor.
    pub small_rounds: usize,
    /// Whether ours alone are measured, and no file is written.
    pub ours_alone: bool,
}

/// Measures.
///
/// # Errors
///
/// When something cannot be built, started or asked; and where a function of ours makes other calls than the design says, or is
/// larger than it may be.
pub fn measure(run: Run) -> Outcome<()> {
    let workspace = build::workspace();
    let stage = Stage::prepare(&workspace)?;
    let stage = if run.ours_alone { stage } else { stage.with_peers()? };
    let report = stage.run(report(run, &stage))?;
    stage.stop()?;
    let text = table::all(&report);
    tell(&text);
    if !run.ours_alone {
        let folder = workspace.join("infra/bench");
        fs::write(folder.join("speed.json"), serde_json::to_string_pretty(&report)? + "\n")?;
        svg::save(folder.join("speed.svg"), &chart::draw(&report))?;
        let plot = "\n![The authorizer beside Node.js and Python](speed.svg)\n";
        keep(&workspace, "Speed", &format!("{}{text}{plot}", heading("speed", true)))?;
    }
    target::hold(&report)
}

async fn report(run: Run, stage: &Stage) -> Outcome<Report> {
    trusts_nobody_else(stage).await?;
    let (bare, work) = stage.baseline("bare")?;
    let (seen, bare) = rounds(run, stage, (bare, &work)).await?;
    let shares = shares(run, &stage.subjects, &stage.endpoint).await?;
    let mut rows = Vec::new();
    for ((subject, seen), shares) in stage.subjects.iter().zip(&seen).zip(shares) {
        let sizes = subject.ships.iter().map(|path| Size::of(path)).collect::<Result<Vec<_>, _>>()?;
        rows.push(Row::of(subject, seen, sizes.into_iter().fold(Size::default(), Size::and), shares));
    }
    Ok(Report {
        date: Timestamp::now().strftime("%Y-%m-%d").to_string(),
        machine: machine(),
        rounds: run.rounds,
        bare_cpu_ms: bare.middle(),
        subjects: rows,
    })
}

/// That the authorizer, with the roots that are built in, asks nothing of the endpoint and grants nothing: its certificate leads to
/// another root.
async fn trusts_nobody_else(stage: &Stage) -> Outcome<()> {
    let mut subject = stage.subjects[0].clone();
    subject.environment.remove("AWS_CA_BUNDLE");
    stage.endpoint.take();
    let (mut process, _) = Process::start(&subject, None).await?;
    let answered = process.invoke(&subject).await;
    let refused = answered.is_err_and(|error| error.to_string().contains("Undecided"));
    let calls = stage.endpoint.take();
    if refused && calls.is_empty() { Ok(()) } else { Err("an endpoint was believed that nobody vouches for".into()) }
}

/// Starts all, one after the other, again and again; what is seen before is left out, since nothing was in the cache yet.
async fn rounds(
    run: Run,
    stage: &Stage,
    (bare, work): (&Path, &BTreeMap<String, String>),
) -> Outcome<(Vec<Seen>, Values)> {
    let (effort, subjects) = (Effort { unmeasured: 100, warm: 400 }, &stage.subjects);
    let (mut seen, mut turns) = (vec![Seen::default(); subjects.len()], Values::default());
    for round in 0..=run.rounds {
        if round == 1 {
            (seen, turns) = (vec![Seen::default(); subjects.len()], Values::default());
        }
        for (subject, seen) in subjects.iter().zip(&mut seen) {
            seen.round(subject, &stage.endpoint, effort, None).await?;
        }
        let (program, work) = (bare.to_owned(), work.clone());
        turns.add(tokio::task::spawn_blocking(move || bare::turn(&program, &work)).await??);
    }
    Ok((seen, turns))
}

/// Of each subject what was seen with less than a whole processor; nothing where the machine has no quotas.
async fn shares(run: Run, subjects: &[Subject], endpoint: &Endpoint) -> Outcome<Vec<Vec<Share>>> {
    let effort = Effort { unmeasured: 10, warm: 50 };
    let mut shares = vec![Vec::new(); subjects.len()];
    for memory in SIZES {
        let mut seen = vec![Seen::default(); subjects.len()];
        let Some(quota) = Quota::of(memory).filter(|_| run.small_rounds > 0) else { break };
        for _ in 0..run.small_rounds {
            for (subject, seen) in subjects.iter().zip(&mut seen) {
                seen.round(subject, endpoint, effort, Some(&quota)).await?;
            }
        }
        shares.iter_mut().zip(&seen).for_each(|(shares, seen)| shares.push(Share::of(memory, seen)));
    }
    Ok(shares)
}
