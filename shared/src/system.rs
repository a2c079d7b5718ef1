//! The clock and the id generator of the operating system: adapters for [`Clock`] and [`IdGenerator`].

use std::time::{SystemTime, UNIX_EPOCH};

use crate::{
    ports::{Clock, IdGenerator},
    token::{TokenKey, UnixTime},
};

/// The clock of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> UnixTime {
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        UnixTime::EPOCH.plus(seconds)
    }
}

/// Generates keys of 126 random bits.
#[derive(Debug, Clone, Copy, Default)]
pub struct NanoIdGenerator;

impl IdGenerator for NanoIdGenerator {
    fn generate(&self) -> TokenKey {
        // `nanoid!` always returns a valid key; the loop avoids a panic for the impossible case.
        loop {
            if let Ok(key) = nanoid::nanoid!().parse() {
                return key;
            }
        }
    }
}
