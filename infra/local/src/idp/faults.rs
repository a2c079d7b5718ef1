//! Faults that tests put before the identity provider, and the count of its requests.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::http_server::Abort;

/// What happens to every request while it is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdpFault {
    /// The connection is closed without an answer.
    Down,
    /// The answer comes so much later.
    Delay(Duration),
}

/// The fault in force and the requests so far. Its clones share both.
#[derive(Debug, Clone, Default)]
pub struct IdpFaults(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    fault: Option<IdpFault>,
    /// The paths of the requests, those that a fault struck too.
    requests: Vec<String>,
}

impl IdpFaults {
    /// Sets the fault, or takes it away.
    pub fn set(&self, fault: Option<IdpFault>) {
        self.state().fault = fault;
    }

    /// The number of requests for `path`, as in `/jwks.json`, that arrived so far.
    #[must_use]
    pub fn request_count(&self, path: &str) -> usize {
        self.state().requests.iter().filter(|requested| *requested == path).count()
    }

    /// Counts a request and lets the fault strike it.
    pub(super) async fn strike(&self, path: &str) -> Result<(), Abort> {
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
