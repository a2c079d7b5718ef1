//! CPU time of one iteration of the baseline `verify_and_read_loop`.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use super::clock::Reading;
use crate::{
    percentiles::{float, milliseconds},
    stack::Result,
};

/// Iterations per line that the program prints.
const ITERATIONS: usize = 200;
const WARM_UP_LINES: usize = 2;
const MEASURED_LINES: usize = 5;

pub fn measure(program: &Path, environment: &BTreeMap<String, String>) -> Result<f64> {
    let mut command = Command::new(program);
    command.arg(ITERATIONS.to_string()).env_clear().envs(environment).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn()?;
    let elapsed = measure_lines(&mut child);
    child.kill()?;
    child.wait()?;
    Ok(elapsed? / float(ITERATIONS * MEASURED_LINES))
}

fn measure_lines(child: &mut Child) -> Result<f64> {
    let mut lines = BufReader::new(child.stdout.take().ok_or("the loop has no output")?).lines();
    let mut skip = |count: usize| -> Result<()> {
        for _ in 0..count {
            lines.next().ok_or("the loop has ended")??;
        }
        Ok(())
    };
    skip(WARM_UP_LINES)?;
    let before = Reading::now(child.id())?;
    skip(MEASURED_LINES)?;
    Ok(milliseconds(Reading::now(child.id())?.cpu.saturating_sub(before.cpu)))
}
