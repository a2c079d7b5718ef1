//! The processor time of a process.

use std::time::{Duration, Instant};

use nix::{
    sys::time::TimeValLike,
    time::{clock_getcpuclockid, clock_gettime},
    unistd::Pid,
};

use crate::stack::Outcome;

/// A point in the life of a process.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// When it was.
    pub at: Instant,
    /// The processor time of all threads of the process until then, in user and in kernel mode.
    pub cpu: Duration,
}

impl Moment {
    /// Now, of the process with this id. Its clock has nanoseconds (`clock_getcpuclockid(3)`); `/proc` counts in hundredths of a second.
    ///
    /// # Errors
    ///
    /// Where there is no such process any more.
    pub fn now(process: u32) -> Outcome<Self> {
        let clock = clock_getcpuclockid(Pid::from_raw(process.try_into()?))?;
        let cpu = clock_gettime(clock)?.num_nanoseconds();
        Ok(Self { at: Instant::now(), cpu: Duration::from_nanos(cpu.unsigned_abs()) })
    }
}
