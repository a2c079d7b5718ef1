//! Faults that tests inject into the identity provider, and the number of its requests.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::http_server::Abort;

/// A fault of every request while it is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdpFault {
    /// The connection is closed without a response.
    Down,
    /// The response is delayed.
    Delay(Duration),
}

/// The current fault and the requests so far. Clones share both.
#[derive(Debug, Clone, Default)]
pub struct IdpFaults(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    fault: Option<IdpFault>,
    /// The paths of all requests, including those with a fault.
    requests: Vec<String>,
}

impl IdpFaults {
    /// Sets or clears the fault.
    pub fn set(&self, fault: Option<IdpFault>) {
        self.state().fault = fault;
    }

    /// The number of requests for `path` (such as `/jwks.json`) so far.
    #[must_use]
    pub fn request_count(&self, path: &str) -> usize {
        self.state().requests.iter().filter(|requested| *requested == path).count()
    }

    /// Counts a request and applies the fault.
    pub(super) async fn inject(&self, path: &str) -> Result<(), Abort> {
        let fault = {
            let mut state = self.state();
            state.requests.push(path.to_owned());
            state.fault
        };
        match fault {
            None => Ok(()),
            Some(IdpFault::Down) => Err(Abort::Closed),
            Some(IdpFault::Delay(delay)) => {
                tokio::time::sleep(delay).await;
                Ok(())
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
