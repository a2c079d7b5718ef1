//! Where programs run: a service whose keys can be rotated.

use std::collections::BTreeMap;

use crate::{
    harness::World,
    key_rotation::{Deployment, Rotation},
};

/// The functions that have keys, in an order in which no token is made that is not yet accepted.
const FUNCTIONS: [&str; 3] = ["authorizer", "well-known", "create-token"];

/// How often each step was taken, and what was answered; 0 where nothing was asked.
pub type Tally = BTreeMap<(&'static str, u16), usize>;

/// A service, and what was done to it.
pub struct Place {
    pub rotation: Rotation,
    /// The one key first, then the other.
    deployments: [Deployment; 2],
    deployed: usize,
    programs: usize,
    tally: Tally,
}

impl Place {
    /// A service whose rings have both keys.
    pub fn new(spec: &str) -> Self {
        let rotation = Rotation::new(spec);
        let deployments = [
            Deployment::of(&rotation, |[old, new]| vec![old, new]),
            Deployment::of(&rotation, |[old, new]| vec![new, old]),
        ];
        let place = Self { rotation, deployments, deployed: 0, programs: 0, tally: Tally::new() };
        place.deploy();
        place
    }

    pub fn world(&self) -> &World {
        &self.rotation.world
    }

    /// Lets the other key sign.
    pub fn rotate(&mut self) {
        self.deployed = 1 - self.deployed;
        self.deploy();
    }

    fn deploy(&self) {
        for function in FUNCTIONS {
            self.rotation.update(function, &self.deployments[self.deployed]);
        }
    }

    /// The number of the program that begins.
    pub fn next_program(&mut self) -> usize {
        self.programs += 1;
        self.programs
    }

    pub fn count(&mut self, step: &'static str, status: u16) {
        *self.tally.entry((step, status)).or_default() += 1;
    }

    /// How many programs ran, and what they did.
    pub fn tally(&self) -> (usize, &Tally) {
        (self.programs, &self.tally)
    }
}
