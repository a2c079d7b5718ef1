//! The wall clock and the CPU clock of a process.

use std::time::{Duration, Instant};

use nix::{
    sys::time::TimeValLike,
    time::{clock_getcpuclockid, clock_gettime},
};

use crate::stack::Result;

/// Both clocks of a process at one point in time.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    pub wall: Instant,
    /// The CPU time of all threads of the process, user and kernel.
    pub cpu: Duration,
}

#[derive(Debug, Clone, Copy)]
pub struct Elapsed {
    pub wall: Duration,
    pub cpu: Duration,
}

impl Reading {
    /// Reads the clocks. The CPU clock counts nanoseconds (`clock_getcpuclockid(3)`), `/proc` hundredths of a second.
    pub fn now(process: u32) -> Result<Self> {
        let clock = clock_getcpuclockid(nix::unistd::Pid::from_raw(process.try_into()?))?;
        let cpu = clock_gettime(clock)?.num_nanoseconds();
        Ok(Self { wall: Instant::now(), cpu: Duration::from_nanos(cpu.unsigned_abs()) })
    }

    pub fn since(self, earlier: Self) -> Elapsed {
        Elapsed { wall: self.wall - earlier.wall, cpu: self.cpu.saturating_sub(earlier.cpu) }
    }
}
