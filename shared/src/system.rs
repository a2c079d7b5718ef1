//! The operating system's clock and random numbers.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::{
    ports::{Clock, IdGenerator},
    token::{TokenKey, UnixTime},
};

/// The operating system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> UnixTime {
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        UnixTime::EPOCH.plus(seconds)
    }
}

/// Keys of 126 random bits.
#[derive(Debug, Clone, Copy, Default)]
pub struct NanoIdGenerator;

impl IdGenerator for NanoIdGenerator {
    fn generate(&self) -> TokenKey {
        // What the library draws has always the form of a key; the loop saves saying what happens if it had not.
        loop {
            if let Ok(key) = nanoid::nanoid!().parse() {
                return key;
            }
        }
    }
}
