//! What clients know of the tokens that they made.

use std::sync::{Mutex, PoisonError};

/// A token that was given out.
#[derive(Debug, Clone)]
pub(super) struct Made {
    /// Its id.
    pub(super) id: String,
    /// The token.
    pub(super) token: String,
    /// The number of its organization.
    pub(super) org: usize,
    /// Whether its revoke was answered 200.
    pub(super) revoked: bool,
}

/// The newest token's id of each organization.
#[derive(Debug)]
pub(super) struct Board(Vec<Mutex<String>>);

impl Board {
    /// A board for so many organizations.
    pub(super) fn new(organizations: usize) -> Self {
        Self((0..organizations).map(|_| Mutex::default()).collect())
    }

    /// Puts the id up.
    pub(super) fn put(&self, org: usize, id: &str) {
        id.clone_into(&mut self.0[org].lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// The id that is up, if there is one.
    pub(super) fn get(&self, org: usize) -> Option<String> {
        let id = self.0[org].lock().unwrap_or_else(PoisonError::into_inner).clone();
        (!id.is_empty()).then_some(id)
    }
}
