//! Which memory size the template should take.

use super::{
    SIZES,
    bill::{Request, bill, first_ms, services_ms},
    measured::Speed,
    prices::Prices,
};

/// How slow the slowest of our functions is with some memory, in ms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Slowest {
    /// One in a hundred warm invocations takes longer.
    pub(super) p99: f64,
    /// From the start of a process to its first answer.
    pub(super) first: f64,
}

/// The size at which a million authorizations cost least, of those at which every function of ours keeps the bounds; the smaller of
/// two that cost the same. `None` where none keeps them.
pub(super) fn cheapest(speed: &Speed, prices: &Prices) -> Option<u32> {
    let keeps = |memory: &u32| slowest(speed, prices, *memory).is_some_and(|slowest| slowest.keeps(prices));
    let costs = SIZES.into_iter().filter(keeps).filter_map(|memory| {
        let bill = bill(Request::Authorize, "ours", memory, speed, prices)?;
        Some((memory, bill.all()))
    });
    costs.min_by(|(_, one), (_, other)| one.total_cmp(other)).map(|(memory, _)| memory)
}

/// How slow our functions are with `memory` MB; `None` where none was measured with it.
pub(super) fn slowest(speed: &Speed, prices: &Prices, memory: u32) -> Option<Slowest> {
    let ours = speed.subjects.iter().filter(|subject| subject.family == "ours");
    let at = ours.filter_map(|subject| Some((subject, subject.sizes.iter().find(|times| times.memory_mb == memory)?)));
    at.map(|(subject, times)| Slowest {
        p99: times.warm_wall_ms.p99 + services_ms(subject, prices),
        first: first_ms(subject, times, prices),
    })
    .reduce(|one, other| Slowest { p99: one.p99.max(other.p99), first: one.first.max(other.first) })
}

impl Slowest {
    /// Whether it is within the bounds.
    pub(super) fn keeps(self, prices: &Prices) -> bool {
        self.p99 <= prices.bounds.p99_ms && self.first <= prices.bounds.first_ms
    }
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// Times and prices that are easy to reckon with, and are those of nothing.
    pub(in super::super) fn sample() -> (Speed, Prices) {
        let times = |memory: u32, init: f64, first: f64, p50: f64, p99: f64| {
            json!({"memory_mb": memory, "init_wall_ms": {"median": init, "low": 0.0, "high": 99.0},
                "first_wall_ms": {"median": first}, "warm_wall_ms": {"p50": p50, "p99": p99}})
        };
        let subject = |name: &str, family: &str, calls: Value, sizes: Value| {
            json!({"name": name, "family": family, "wire_calls": calls, "sizes": sizes, "zip_bytes": 123,
                "calls_at_start": {"kms:GetPublicKey": 2.0, "dynamodb:BatchGetItem": 1.0}})
        };
        let speed = json!({"date": "2026-01-01", "machine": "a sample", "subjects": [
            subject("authorizer", "ours", json!({"dynamodb:BatchGetItem": 1.0}),
                json!([times(128, 30.0, 20.0, 1.2, 30.0), times(256, 15.0, 10.0, 0.6, 12.0)])),
            subject("create-token", "ours", json!({"dynamodb:PutItem": 1.0, "kms:Sign": 1.0}),
                json!([times(128, 30.0, 20.0, 2.0, 9.0), times(256, 15.0, 10.0, 1.0, 4.0)])),
            subject("authorizer", "node", json!({"dynamodb:BatchGetItem": 1.0}),
                json!([times(128, 900.0, 300.0, 14.0, 60.0)])),
            json!({"name": "list-tokens", "family": "ours"}),
        ]});
        let price = |usd: f64| json!({"usd": usd, "source": "a sample"});
        let prices = json!({"region": "nowhere", "date": "2026-01-01", "remark": "a sample",
            "usd": {"lambda_arm64_gb_second": price(0.000_013), "lambda_x86_64_gb_second": price(0.000_016),
                "lambda_million_requests": price(0.2), "rest_api_million_requests": price(3.5),
                "dynamodb_million_read_units": price(0.1), "dynamodb_million_write_units": price(0.6),
                "kms_ten_thousand_requests_rsa_2048": price(0.03), "kms_ten_thousand_requests_other": price(0.15),
                "logs_gb": price(0.5)},
            "assumed": {"read_ms": 3.0, "write_ms": 5.0, "kms_ms": 5.0, "cold_share": 0.001,
                "roles": 1, "list_read_units": 1.0, "platform_log_bytes": 400},
            "log_bytes": {"authorizer": 600}, "bounds": {"p99_ms": 20.0, "first_ms": 100.0}});
        (serde_json::from_value(speed).unwrap(), serde_json::from_value(prices).unwrap())
    }

    #[test]
    fn the_slowest_function_decides_what_a_size_can() {
        let (speed, prices) = sample();
        let slowest = slowest(&speed, &prices, 256).unwrap();
        assert!((slowest.p99 - 15.0).abs() < 1e-9, "{slowest:?}");
        assert!((slowest.first - 40.0).abs() < 1e-9, "{slowest:?}");
    }

    #[test]
    fn the_cheapest_size_within_the_bounds_is_taken() {
        let (speed, mut prices) = sample();
        assert_eq!(cheapest(&speed, &prices), Some(256));
        prices.bounds.p99_ms = 50.0;
        assert_eq!(cheapest(&speed, &prices), Some(128));
        prices.bounds.first_ms = 10.0;
        assert_eq!(cheapest(&speed, &prices), None);
    }

    #[test]
    fn the_shipped_prices_are_understood() {
        let shipped: Prices = serde_json::from_str(include_str!("../../prices.json")).unwrap();
        assert_eq!(shipped.sources().len(), 5);
    }
}
