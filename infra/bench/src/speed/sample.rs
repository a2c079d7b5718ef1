//! What was seen of one subject, in all rounds.

use std::{collections::BTreeMap, time::Duration};

use serde::Serialize;

use super::{
    endpoint::{Counted, Endpoint},
    process::Process,
    quota::Quota,
    subject::Subject,
};
use crate::stack::Outcome;

/// How much work one round looks at.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// How many events a process answers after its first.
    pub warm: usize,
    /// How many it answers before these are measured, so that an interpreter's compiler has done its work.
    pub unmeasured: usize,
}

/// Values of one kind, and what is said of them.
#[derive(Debug, Clone, Default)]
pub struct Values(Vec<f64>);

/// The middle of some values, and how far they lie apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Middle {
    /// The middle one.
    pub median: f64,
    /// The smallest.
    pub low: f64,
    /// The largest.
    pub high: f64,
}

/// The middle of many values, and the one that 99 % do not exceed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Tail {
    /// The middle one.
    pub p50: f64,
    /// The one that 99 % do not exceed.
    pub p99: f64,
}

/// All that was seen. Times in milliseconds.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// From before the program was loaded until it asked for an event.
    pub init_wall: Values,
    /// The processor time of that.
    pub init_cpu: Values,
    /// The first answer, from the event on.
    pub first_wall: Values,
    /// All processor time until the first answer, that of the start among it.
    pub first_cpu: Values,
    /// Later answers, from the event on.
    pub warm_wall: Values,
    /// The processor time of one later event.
    pub warm_cpu: Values,
    /// The most memory resident, in MiB.
    pub peak: Values,
    /// The calls of a start.
    pub calls_at_start: Counted,
    /// The calls of the later events, all together.
    pub calls: Counted,
    /// How many events these calls are of.
    pub events: usize,
}

impl Values {
    /// One more.
    pub fn add(&mut self, value: f64) {
        self.0.push(value);
    }

    /// The value that so many in a hundred do not exceed, by nearest rank; 0 of none.
    fn at(&self, percent: usize) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let rank = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
        sorted.get(rank).copied().unwrap_or_default()
    }

    /// The middle and the ends.
    pub fn middle(&self) -> Middle {
        Middle { median: self.at(50), low: self.at(0), high: self.at(100) }
    }

    /// The middle and the tail.
    pub fn tail(&self) -> Tail {
        Tail { p50: self.at(50), p99: self.at(99) }
    }
}

/// Milliseconds.
pub fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

impl Seen {
    /// One process, from its start to its end.
    pub async fn round(
        &mut self,
        subject: &Subject,
        endpoint: &Endpoint,
        effort: Effort,
        quota: Option<&Quota>,
    ) -> Outcome<()> {
        endpoint.take();
        let (mut process, start) = Process::start(subject, quota).await?;
        self.calls_at_start = endpoint.take();
        let first = process.invoke(subject).await?;
        self.init_wall.add(ms(start.wall));
        self.init_cpu.add(ms(start.cpu));
        self.first_wall.add(ms(first.until_answer.wall));
        self.first_cpu.add(ms(start.cpu + first.until_answer.cpu));
        for _ in 0..effort.unmeasured {
            process.invoke(subject).await?;
        }
        endpoint.take();
        let mut cpu = Duration::ZERO;
        for _ in 0..effort.warm {
            let later = process.invoke(subject).await?;
            self.warm_wall.add(ms(later.until_answer.wall));
            cpu += later.until_next.cpu;
        }
        self.warm_cpu.add(ms(cpu) / count(effort.warm));
        self.add_calls(endpoint.take(), effort.warm);
        self.peak.add(count(usize::try_from(process.peak()?)?) / 1_024.0);
        Ok(())
    }

    fn add_calls(&mut self, counted: Counted, events: usize) {
        self.events += events;
        for (operation, calls) in counted {
            self.calls.entry(operation).or_default().add(calls);
        }
    }

    /// The calls of one later event, by their operation.
    pub fn calls_of_one(&self) -> BTreeMap<&str, f64> {
        self.calls.iter().map(|(name, calls)| (name.as_str(), count(calls.count) / count(self.events))).collect()
    }
}

/// A count as a number to divide by.
pub fn count(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn middle_and_tail_are_by_nearest_rank() {
        let mut values = Values::default();
        assert_eq!(values.middle(), Middle::default());
        (1..=200).rev().for_each(|value| values.add(f64::from(value)));
        assert_eq!(values.middle(), Middle { median: 100.0, low: 1.0, high: 200.0 });
        assert_eq!(values.tail(), Tail { p50: 100.0, p99: 198.0 });
    }
}
