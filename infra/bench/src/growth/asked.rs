//! One request, and what it cost.

use std::time::Duration;

use reqwest::Method;

use super::{
    filled::{Filled, Series},
    rows::{Which, id, living},
};
use crate::stack::{Ask, Outcome, TOKENS, path};

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Operation {
    /// An owner lists.
    List,
    /// An owner reads a token of the series.
    Get,
    /// An owner revokes a token.
    Revoke,
    /// A token reads itself, which the authorizer grants.
    Own,
    /// A token asks for what it may not do, which the authorizer alone answers.
    Denied,
}

/// What a request cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cost {
    /// How often the functions called `DynamoDB` and KMS.
    pub(super) calls: u64,
    /// The bytes of the answers to these calls.
    pub(super) bytes: u64,
    /// How long these answers took.
    pub(super) ledger: Duration,
    /// The rest of the time: the functions, and the gateway before them.
    pub(super) rest: Duration,
}

impl Cost {
    /// From the request's first byte to its answer's last.
    pub(super) fn whole(self) -> Duration {
        self.ledger + self.rest
    }
}

impl Operation {
    /// All.
    pub(super) const ALL: [Self; 5] = [Self::List, Self::Get, Self::Revoke, Self::Own, Self::Denied];

    /// As tables have it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Get => "get",
            Self::Revoke => "revoke",
            Self::Own => "a token reads itself",
            Self::Denied => "authorize alone: denied",
        }
    }

    /// What is to be answered.
    fn status(self) -> u16 {
        match self {
            Self::Denied => 403,
            _ => 200,
        }
    }
}

impl Filled {
    /// Asks once. `round` draws which token is asked for, so that it is another each time.
    pub(super) async fn ask(&self, series: Series, operation: Operation, round: usize) -> Outcome<Cost> {
        let (org, spare) = (self.org(series), Which::Spare(round));
        let drawn = fastrand::Rng::with_seed(round as u64).usize(..org.filled.max(1));
        let get = match series {
            Series::Living => path(&id(Which::Many(drawn))),
            Series::Revoked => path(&id(Which::Gone(drawn))),
        };
        let list = format!("{TOKENS}?limit={}", series.limit());
        if operation == Operation::Revoke {
            self.book.put([living(&org.row, spare)].into_iter())?;
        }
        let cost = match operation {
            Operation::List => self.send(operation, Method::GET, &list, &org.owner).await?,
            Operation::Get => self.send(operation, Method::GET, &get, &org.owner).await?,
            Operation::Revoke => self.send(operation, Method::DELETE, &path(&id(spare)), &org.owner).await?,
            Operation::Own => self.send(operation, Method::GET, &path("self"), &org.token).await?,
            Operation::Denied => self.send(operation, Method::GET, &list, &org.read_only).await?,
        };
        if operation == Operation::Revoke {
            self.book.take(&id(spare))?;
        }
        Ok(cost)
    }

    async fn send(&self, operation: Operation, method: Method, path: &str, bearer: &str) -> Outcome<Cost> {
        let calls = &self.running.stack.aws.calls;
        let mark = calls.mark();
        let answer = self.caller.ask(method, Ask { path, bearer, ..Ask::default() }).await?;
        if answer.status != operation.status() {
            return Err(format!("{}: {}", operation.name(), answer.status).into());
        }
        let responses: Vec<_> = calls.since(mark).into_iter().map(|call| call.response).collect();
        let ledger = responses.iter().flatten().map(|response| response.duration).sum();
        Ok(Cost {
            calls: responses.len() as u64,
            bytes: responses.iter().flatten().map(|response| response.bytes).sum(),
            ledger,
            rest: answer.answered.duration_since(answer.begun).saturating_sub(ledger),
        })
    }
}
