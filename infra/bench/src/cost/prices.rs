//! The prices, and what is assumed beside them.

use std::collections::BTreeMap;

use serde::Deserialize;

/// What `infra/bench/prices.json` says.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Prices {
    /// The AWS region of the prices.
    pub(super) region: String,
    /// The day on which they were looked up.
    pub(super) date: String,
    /// How far they can be relied on.
    pub(super) remark: String,
    /// The prices.
    pub(super) usd: Usd,
    /// What no measurement here can tell.
    pub(super) assumed: Assumed,
    /// The bytes of our own lines in the log that one request of each function leaves, in the middle of those that the local stack's
    /// functions wrote while growth was measured; the authorizer's where a token is granted.
    pub(super) log_bytes: BTreeMap<String, u32>,
    /// What is to be kept.
    pub(super) bounds: Bounds,
}

/// A price in US dollars.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Price {
    /// How much.
    pub(super) usd: f64,
    /// The page that says so.
    pub(super) source: String,
}

/// The prices by what is paid for.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Usd {
    /// Lambda on arm64, a second of 1,024 MB.
    pub(super) lambda_arm64_gb_second: Price,
    /// The same on `x86_64`.
    pub(super) lambda_x86_64_gb_second: Price,
    /// A million invocations.
    pub(super) lambda_million_requests: Price,
    /// A million requests of a REST API.
    pub(super) rest_api_million_requests: Price,
    /// A million read request units on demand: a strong read of 4 KB, or two others.
    pub(super) dynamodb_million_read_units: Price,
    /// A million write request units on demand: 1 KB each.
    pub(super) dynamodb_million_write_units: Price,
    /// Ten thousand requests about a key `RSA_2048`, the template's default.
    pub(super) kms_ten_thousand_requests_rsa_2048: Price,
    /// The same about a key of the other kinds that the template knows.
    pub(super) kms_ten_thousand_requests_other: Price,
    /// A gigabyte taken into `CloudWatch` Logs.
    pub(super) logs_gb: Price,
}

/// What no measurement on one machine can tell.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Assumed {
    /// How long `DynamoDB` takes to answer a read, in ms.
    pub(super) read_ms: f64,
    /// How long it takes to answer a write, in ms.
    pub(super) write_ms: f64,
    /// How long KMS takes, in ms.
    pub(super) kms_ms: f64,
    /// Which part of the invocations begin with a cold start.
    pub(super) cold_share: f64,
    /// How many roles a caller holds.
    pub(super) roles: u32,
    /// The read units of a list's page: 4 KB of an index are half a unit.
    pub(super) list_read_units: f64,
    /// The bytes of Lambda's own lines that an invocation leaves in the log.
    pub(super) platform_log_bytes: u32,
}

/// What is to be kept, by each function.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Bounds {
    /// How long one in a hundred warm invocations may take at least, in ms.
    pub(super) p99_ms: f64,
    /// How long a cold start and the first answer may take, in ms.
    pub(super) first_ms: f64,
}

impl Prices {
    /// The pages that the prices are from, each once.
    pub(super) fn sources(&self) -> Vec<&str> {
        let usd = &self.usd;
        let all = [
            &usd.lambda_arm64_gb_second,
            &usd.lambda_x86_64_gb_second,
            &usd.lambda_million_requests,
            &usd.rest_api_million_requests,
            &usd.dynamodb_million_read_units,
            &usd.dynamodb_million_write_units,
            &usd.kms_ten_thousand_requests_rsa_2048,
            &usd.kms_ten_thousand_requests_other,
            &usd.logs_gb,
        ];
        let mut sources: Vec<&str> = all.iter().map(|price| price.source.as_str()).collect();
        sources.dedup();
        sources
    }
}

/// The kinds of call that are paid for and waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Of `DynamoDB`, strong, of the rows that bear on a decision: the token, the root role's key, the roles.
    Evidence,
    /// Of one row, strong.
    Row,
    /// Of a page of the index.
    Page,
    /// Of a row that is in the index as well.
    Write,
    /// Of KMS.
    Kms,
}

impl Kind {
    /// The kind of the call with this IAM name; `None` for one that no function makes.
    pub(super) fn of(action: &str) -> Option<Self> {
        match action {
            "dynamodb:BatchGetItem" => Some(Self::Evidence),
            "dynamodb:GetItem" => Some(Self::Row),
            "dynamodb:Query" => Some(Self::Page),
            "dynamodb:PutItem" | "dynamodb:UpdateItem" => Some(Self::Write),
            "kms:Sign" | "kms:GetPublicKey" => Some(Self::Kms),
            _ => None,
        }
    }

    /// How long it takes, in ms.
    pub(super) fn ms(self, assumed: &Assumed) -> f64 {
        match self {
            Self::Evidence | Self::Row | Self::Page => assumed.read_ms,
            Self::Write => assumed.write_ms,
            Self::Kms => assumed.kms_ms,
        }
    }

    /// Its read and write units. A key without a row costs as much as one with a row.
    pub(super) fn units(self, assumed: &Assumed) -> (f64, f64) {
        match self {
            Self::Evidence => (2.0 + f64::from(assumed.roles), 0.0),
            Self::Row => (1.0, 0.0),
            Self::Page => (assumed.list_read_units, 0.0),
            // One for the row and one for the index.
            Self::Write => (0.0, 2.0),
            Self::Kms => (0.0, 0.0),
        }
    }
}
