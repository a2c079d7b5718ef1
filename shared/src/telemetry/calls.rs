//! How many calls went out over the wire.

use std::sync::atomic::{AtomicU64, Ordering};

static CALLS: AtomicU64 = AtomicU64::new(0);

/// Counts one call, each attempt for itself.
pub fn call() {
    CALLS.fetch_add(1, Ordering::Relaxed);
}

/// The calls since a moment. A process has one request at a time, so they are that request's.
#[derive(Debug, Clone, Copy)]
pub struct Calls(u64);

impl Calls {
    /// From now on.
    #[must_use]
    pub fn begin() -> Self {
        Self(CALLS.load(Ordering::Relaxed))
    }

    /// How many there were since.
    #[must_use]
    pub fn count(self) -> u64 {
        CALLS.load(Ordering::Relaxed).saturating_sub(self.0)
    }
}
