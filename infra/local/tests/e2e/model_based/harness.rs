//! The service under test: a stack whose signing keys can be rotated.

use std::collections::BTreeMap;

use crate::{
    harness::TestStack,
    key_rotation::{Deployment, KeyOrder, RotationStack},
};

/// The functions with keys, in an order in which no token is signed with a key that the authorizer does not have.
const FUNCTIONS: [&str; 3] = ["authorizer", "well-known", "create-token"];

/// How often each command returned each status; `None` for a command that sends no request.
pub type CommandCounts = BTreeMap<(&'static str, Option<u16>), usize>;

pub struct ServiceUnderTest {
    pub rotation: RotationStack,
    /// Both keys are in the key sets of both deployments. They differ in the signing key.
    deployments: [Deployment; 2],
    current: usize,
    sequences: usize,
    counts: CommandCounts,
}

impl ServiceUnderTest {
    pub fn new(key_spec: &str) -> Self {
        let rotation = RotationStack::new(key_spec);
        let deployments = [KeyOrder::OldThenNew, KeyOrder::NewThenOld].map(|order| Deployment::new(&rotation, order));
        let service = Self { rotation, deployments, current: 0, sequences: 0, counts: CommandCounts::new() };
        service.deploy();
        service
    }

    pub fn stack(&self) -> &TestStack {
        &self.rotation.stack
    }

    /// Makes the other key the signing key.
    pub fn rotate_keys(&mut self) {
        self.current = 1 - self.current;
        self.deploy();
    }

    fn deploy(&self) {
        for function in FUNCTIONS {
            self.rotation.update(function, &self.deployments[self.current]);
        }
    }

    /// Starts a sequence. Returns its number.
    pub fn next_sequence(&mut self) -> usize {
        self.sequences += 1;
        self.sequences
    }

    pub fn count(&mut self, command: &'static str, status: Option<u16>) {
        *self.counts.entry((command, status)).or_default() += 1;
    }

    /// The number of sequences, and the counts of their commands.
    pub fn into_counts(self) -> (usize, CommandCounts) {
        (self.sequences, self.counts)
    }
}
