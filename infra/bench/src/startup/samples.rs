//! The measured values of one candidate.

use std::{collections::BTreeMap, time::Duration};

use super::{
    aws_endpoint::{AwsEndpoint, CallCounts},
    candidate::Candidate,
    process::Process,
};
use crate::{
    percentiles::{Percentiles, float, milliseconds},
    stack::Result,
};

#[derive(Debug, Clone, Copy)]
pub struct Invocations {
    pub warm_up: usize,
    pub measured: usize,
}

/// A measured value: times in milliseconds, memory in MiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Metric {
    /// From the start of the program until it asks for an event.
    InitWall,
    InitCpu,
    /// CPU time from the start of the program until the first response.
    FirstCpu,
    WarmWall,
    WarmCpu,
    PeakMemory,
}

#[derive(Debug, Clone, Default)]
pub struct Samples {
    values: BTreeMap<Metric, Vec<f64>>,
    start_calls: CallCounts,
    warm_calls: CallCounts,
    warm_invocations: usize,
}

impl Samples {
    pub async fn record(
        &mut self,
        candidate: &Candidate,
        endpoint: &AwsEndpoint,
        invocations: Invocations,
    ) -> Result<()> {
        endpoint.take_calls();
        let (mut process, start) = Process::start(candidate).await?;
        self.start_calls = endpoint.take_calls();
        let (first, _) = process.invoke(candidate).await?;
        self.add(Metric::InitWall, milliseconds(start.wall));
        self.add(Metric::InitCpu, milliseconds(start.cpu));
        self.add(Metric::FirstCpu, milliseconds(start.cpu + first.cpu));
        for _ in 0..invocations.warm_up {
            process.invoke(candidate).await?;
        }
        endpoint.take_calls();
        let mut cpu = Duration::ZERO;
        for _ in 0..invocations.measured {
            let (until_response, until_ready) = process.invoke(candidate).await?;
            self.add(Metric::WarmWall, milliseconds(until_response.wall));
            cpu += until_ready.cpu;
        }
        self.add(Metric::WarmCpu, milliseconds(cpu) / float(invocations.measured));
        self.add(Metric::PeakMemory, float(process.peak_memory()?.try_into()?) / 1_024.0);
        self.warm_invocations += invocations.measured;
        for (operation, count) in endpoint.take_calls() {
            *self.warm_calls.entry(operation).or_default() += count;
        }
        Ok(())
    }

    fn add(&mut self, metric: Metric, value: f64) {
        self.values.entry(metric).or_default().push(value);
    }

    pub fn get(&self, metric: Metric) -> Percentiles {
        Percentiles::of(self.values.get(&metric).into_iter().flatten().copied())
    }

    pub fn start_calls(&self) -> BTreeMap<&str, f64> {
        per_invocation(&self.start_calls, 1)
    }

    pub fn warm_calls(&self) -> BTreeMap<&str, f64> {
        per_invocation(&self.warm_calls, self.warm_invocations)
    }
}

fn per_invocation(calls: &CallCounts, invocations: usize) -> BTreeMap<&str, f64> {
    calls.iter().map(|(operation, count)| (operation.as_str(), float(*count) / float(invocations))).collect()
}
