//! What a million requests cost, part by part.

use std::collections::BTreeMap;

use super::{
    measured::{Speed, Subject, Times},
    prices::{Kind, Prices},
};

/// What is paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Request {
    /// A request of the team's own API, decided by the authorizer.
    Authorize,
    /// A token is made.
    Create,
    /// Tokens are listed.
    List,
    /// A token is revoked.
    Revoke,
}

impl Request {
    /// All.
    pub(super) const ALL: [Self; 4] = [Self::Authorize, Self::Create, Self::List, Self::Revoke];

    /// As tables have it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Authorize => "authorize",
            Self::Create => "create",
            Self::List => "list",
            Self::Revoke => "revoke",
        }
    }

    /// The functions that run for it, one after the other.
    pub(super) fn functions(self) -> &'static [&'static str] {
        match self {
            Self::Authorize => &["authorizer"],
            Self::Create => &["authorizer", "create-token"],
            Self::List => &["authorizer", "list-tokens"],
            Self::Revoke => &["authorizer", "revoke-token"],
        }
    }
}

/// The parts of what a million requests cost, in US dollars.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Bill {
    /// The billed time of one request, cold starts with their share, in ms.
    pub(super) billed_ms: f64,
    /// Lambda on arm64, were it as fast as what was measured.
    pub(super) lambda_arm64: f64,
    /// Lambda on `x86_64`.
    pub(super) lambda_x86_64: f64,
    /// API Gateway.
    pub(super) gateway: f64,
    /// `DynamoDB`.
    pub(super) dynamodb: f64,
    /// KMS, with keys of the template's default kind.
    pub(super) kms: f64,
    /// The lines in the log.
    pub(super) logs: f64,
}

impl Bill {
    /// Everything, on arm64, the template's default.
    pub(super) fn all(&self) -> f64 {
        self.lambda_arm64 + self.gateway + self.dynamodb + self.kms + self.logs
    }

    fn add(self, other: Self) -> Self {
        Self {
            billed_ms: self.billed_ms + other.billed_ms,
            lambda_arm64: self.lambda_arm64 + other.lambda_arm64,
            lambda_x86_64: self.lambda_x86_64 + other.lambda_x86_64,
            gateway: self.gateway + other.gateway,
            dynamodb: self.dynamodb + other.dynamodb,
            kms: self.kms + other.kms,
            logs: self.logs + other.logs,
        }
    }
}

/// What a million of `request` cost with `memory` MB, by the functions of `family`; `None` where one was not measured.
pub(super) fn bill(request: Request, family: &str, memory: u32, speed: &Speed, prices: &Prices) -> Option<Bill> {
    let gateway = Bill { gateway: prices.usd.rest_api_million_requests.usd, ..Bill::default() };
    request.functions().iter().try_fold(gateway, |bill, function| {
        let (subject, times) = speed.find(function, family, memory)?;
        Some(bill.add(invocations(subject, times, prices)))
    })
}

/// A million invocations of one function.
fn invocations(subject: &Subject, times: &Times, prices: &Prices) -> Bill {
    let (usd, assumed) = (&prices.usd, &prices.assumed);
    let billed_ms = billed_ms(subject, times, prices);
    // A million times ms, in seconds of 1,024 MB.
    let gb_seconds = billed_ms * 1_000.0 * f64::from(times.memory_mb) / 1_024.0;
    let requests = usd.lambda_million_requests.usd;
    // A start reads no rows, or one to open a connection, which its share makes next to nothing.
    let (mut reads, mut writes, mut kms) = (0.0, 0.0, assumed.cold_share * keys_at_start(subject));
    for (kind, times) in calls(&subject.wire_calls) {
        let (read, write) = kind.units(assumed);
        (reads, writes) = (reads + times * read, writes + times * write);
        kms += if kind == Kind::Kms { times } else { 0.0 };
    }
    let own = prices.log_bytes.get(&subject.name).copied().unwrap_or_default();
    Bill {
        billed_ms,
        lambda_arm64: gb_seconds * usd.lambda_arm64_gb_second.usd + requests,
        lambda_x86_64: gb_seconds * usd.lambda_x86_64_gb_second.usd + requests,
        gateway: 0.0,
        dynamodb: reads * usd.dynamodb_million_read_units.usd + writes * usd.dynamodb_million_write_units.usd,
        kms: kms * 100.0 * usd.kms_ten_thousand_requests_rsa_2048.usd,
        // A million times bytes, in units of 10^9.
        logs: f64::from(own + assumed.platform_log_bytes) / 1_000.0 * usd.logs_gb.usd,
    }
}

/// The billed time of one invocation, in ms: each is rounded up to a whole one, and since August 2025 the start is billed too.
fn billed_ms(subject: &Subject, times: &Times, prices: &Prices) -> f64 {
    let share = prices.assumed.cold_share;
    (1.0 - share) * (times.warm_wall_ms.p50 + services_ms(subject, prices)).ceil()
        + share * first_ms(subject, times, prices).ceil()
}

/// From the start of a process to its first answer, in ms. What it asks for to start it asks for at once.
pub(super) fn first_ms(subject: &Subject, times: &Times, prices: &Prices) -> f64 {
    let start = calls(&subject.calls_at_start).map(|(kind, _)| kind.ms(&prices.assumed)).fold(0.0, f64::max);
    times.init_wall_ms.median + start + times.first_wall_ms.median + services_ms(subject, prices)
}

/// How long the services behind a function take in a region for one invocation, in ms.
pub(super) fn services_ms(subject: &Subject, prices: &Prices) -> f64 {
    calls(&subject.wire_calls).map(|(kind, times)| times * kind.ms(&prices.assumed)).sum()
}

fn calls(named: &BTreeMap<String, f64>) -> impl Iterator<Item = (Kind, f64)> {
    named.iter().filter_map(|(action, times)| Some((Kind::of(action)?, *times)))
}

/// How many public keys a function reads when it starts.
fn keys_at_start(subject: &Subject) -> f64 {
    calls(&subject.calls_at_start).filter(|(kind, _)| *kind == Kind::Kms).map(|(_, times)| times).sum()
}

#[cfg(test)]
mod tests {
    use super::{super::choice::tests::sample, *};

    #[track_caller]
    fn about(one: f64, other: f64) {
        assert!((one - other).abs() < 1e-9, "{one} is not {other}");
    }

    #[test]
    fn a_million_authorizations_cost_their_time_their_reads_and_their_lines() {
        let (speed, mut prices) = sample();
        prices.assumed.cold_share = 0.0;
        let bill = bill(Request::Authorize, "ours", 128, &speed, &prices).unwrap_or_default();
        // 1.2 ms and 3 ms of a read are 5 billed ones: 625 GB seconds a million.
        about(bill.billed_ms, 5.0);
        about(bill.lambda_arm64, 625.0 * 0.000_013 + 0.2);
        about(bill.lambda_x86_64, 625.0 * 0.000_016 + 0.2);
        // A token, the root role's key and a role.
        about(bill.dynamodb, 3.0 * 0.1);
        about(bill.kms, 0.0);
        about(bill.logs, 0.5);
        about(bill.all(), 625.0 * 0.000_013 + 0.2 + 3.5 + 0.3 + 0.5);
    }

    #[test]
    fn a_creation_is_decided_signed_and_written_twice() {
        let (speed, mut prices) = sample();
        prices.assumed.cold_share = 0.0;
        let bill = bill(Request::Create, "ours", 128, &speed, &prices).unwrap_or_default();
        // 5 ms of the authorizer; 2 ms, 5 ms of a write and 5 ms of a signature.
        about(bill.billed_ms, 5.0 + 12.0);
        about(bill.dynamodb, 3.0 * 0.1 + 2.0 * 0.6);
        about(bill.kms, 3.0);
        about(bill.gateway, 3.5);
    }

    #[test]
    fn a_cold_start_is_billed_by_its_share_with_its_keys() {
        let (speed, mut prices) = sample();
        prices.assumed.cold_share = 0.5;
        let bill = bill(Request::Authorize, "ours", 128, &speed, &prices).unwrap_or_default();
        // 30 ms to start, 20 ms to answer, 3 ms of a read, 5 ms of a key.
        about(bill.billed_ms, 0.5 * 5.0 + 0.5 * 58.0);
        about(bill.kms, 0.5 * 2.0 * 3.0);
    }

    #[test]
    fn what_was_not_measured_has_no_bill() {
        let (speed, prices) = sample();
        assert_eq!(bill(Request::Authorize, "python", 128, &speed, &prices), None);
        assert_eq!(bill(Request::Authorize, "ours", 512, &speed, &prices), None);
        assert_eq!(bill(Request::List, "ours", 128, &speed, &prices), None);
    }
}
