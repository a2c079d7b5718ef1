//! The bare work of a decision, in a loop.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use super::{
    clock::Moment,
    sample::{count, ms},
};
use crate::stack::Outcome;

/// How many turns a line stands for.
const TURNS: usize = 200;

/// How many lines are read before those that are measured.
const UNMEASURED: usize = 2;

/// How many lines are measured.
const LINES: usize = 5;

/// The processor time of a turn, in milliseconds.
pub fn turn(program: &Path, variables: &BTreeMap<String, String>) -> Outcome<f64> {
    let mut command = Command::new(program);
    command.arg(TURNS.to_string()).env_clear().envs(variables).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn()?;
    let took = lines(&mut child);
    // It ends by itself where nobody reads its lines any more.
    child.kill()?;
    child.wait()?;
    Ok(took? / count(TURNS * LINES))
}

/// The processor time between two lines.
fn lines(child: &mut Child) -> Outcome<f64> {
    let mut out = BufReader::new(child.stdout.take().ok_or("it has no output")?);
    let mut line = || match out.read_line(&mut String::new()) {
        Ok(0) => Err("the bare work has ended".to_owned()),
        read => read.map_err(|error| error.to_string()),
    };
    (0..UNMEASURED).try_for_each(|_| line().map(drop))?;
    let before = Moment::now(child.id())?;
    (0..LINES).try_for_each(|_| line().map(drop))?;
    Ok(ms(Moment::now(child.id())?.cpu.saturating_sub(before.cpu)))
}
