//! What was measured: `infra/bench/speed.json`, as far as costs follow from it. Other members are left alone.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The file.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Speed {
    /// When it was measured.
    pub(super) date: String,
    /// On what.
    pub(super) machine: String,
    /// The functions.
    pub(super) subjects: Vec<Subject>,
}

/// A function, ours or one that was written for comparison.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Subject {
    /// Its name.
    pub(super) name: String,
    /// `ours`, `floor`, `node`, `python`.
    pub(super) family: String,
    /// How often it makes which call to answer one event, by the IAM names.
    #[serde(default)]
    pub(super) wire_calls: BTreeMap<String, f64>,
    /// The same, to start.
    #[serde(default)]
    pub(super) calls_at_start: BTreeMap<String, f64>,
    /// How long it takes with the processor that a memory size buys; empty where that was not measured.
    #[serde(default)]
    pub(super) sizes: Vec<Times>,
}

/// Times at one memory size, in ms. The services behind it answered at once.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub(super) struct Times {
    /// The memory in MB.
    pub(super) memory_mb: u32,
    /// From the start of the process until it asks for an event.
    pub(super) init_wall_ms: Middle,
    /// From the first event to its answer.
    pub(super) first_wall_ms: Middle,
    /// From a later one to its answer.
    pub(super) warm_wall_ms: Warm,
}

/// The middle of some times.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub(super) struct Middle {
    /// In ms.
    pub(super) median: f64,
}

/// Many times.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub(super) struct Warm {
    /// The middle one, in ms.
    pub(super) p50: f64,
    /// The one that 99 % do not exceed, in ms.
    pub(super) p99: f64,
}

impl Speed {
    /// The function `name` of `family`, and its times with `memory` MB.
    pub(super) fn find(&self, name: &str, family: &str, memory: u32) -> Option<(&Subject, &Times)> {
        let subject = self.subjects.iter().find(|subject| subject.name == name && subject.family == family)?;
        Some((subject, subject.sizes.iter().find(|times| times.memory_mb == memory)?))
    }
}
