//! One round: a token that many use, until token is revoked and a while longer.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use reqwest::Method;
use tokio::{sync::Notify, task::JoinSet};

use super::{
    CLIENTS,
    judge::{Asked, Revoke, Round as Record},
};
use crate::{
    holds::Size,
    stack::{Ask, Caller, Outcome, path},
};

/// How many answers there are before the revoke, and how many each client sees to requests that it began afterwards.
const ANSWERS: usize = CLIENTS;
const AFTERWARDS: usize = 1;

/// How a token ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// An owner revokes it.
    Owner,
    /// An owner revokes the token that made it.
    Parent,
    /// It revokes itself.
    Itself,
}

impl Way {
    /// All of them.
    pub(super) const ALL: [Self; 3] = [Self::Owner, Self::Parent, Self::Itself];

    /// In how many rounds it is measured.
    pub(super) fn rounds(self, size: Size) -> usize {
        match self {
            Self::Owner => size.pick(10, 1_000),
            Self::Parent | Self::Itself => size.pick(10, 300),
        }
    }

    /// Who revokes what, for a table.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Owner => "the token, by an owner",
            Self::Parent => "its parent, by an owner",
            Self::Itself => "the token, by itself",
        }
    }
}

/// A token that lives, and how it is to be revoked.
pub(super) struct Round {
    token: String,
    revoke: String,
    revoker: String,
}

/// What the clients of a round share.
#[derive(Default)]
struct Shared {
    answers: AtomicUsize,
    enough: Notify,
    revoked: OnceLock<Instant>,
}

impl Round {
    /// Makes the token.
    pub(super) async fn prepare(caller: &Caller, owner: &str, way: Way) -> Outcome<Self> {
        let body = "{\"name\":\"To be revoked\"}";
        let (id, token) = caller.create(owner, body).await?;
        let (revoke, owner) = (path(&id), owner.to_owned());
        Ok(match way {
            Way::Owner => Self { token, revoke, revoker: owner },
            Way::Parent => Self { token: caller.create(&token, body).await?.1, revoke, revoker: owner },
            Way::Itself => Self { revoke: path("self"), revoker: token.clone(), token },
        })
    }

    /// Has the clients use the token, revokes it meanwhile, and gives what each request was answered.
    pub(super) async fn run(self, clients: &Caller, revoker: &Caller) -> Outcome<Record> {
        let shared = Arc::new(Shared::default());
        let mut asking = JoinSet::new();
        for _ in 0..CLIENTS {
            asking.spawn(use_it(clients.clone(), self.token.clone(), Arc::clone(&shared)));
        }
        shared.enough.notified().await;
        let ask = Ask { path: &self.revoke, bearer: &self.revoker, ..Ask::default() };
        let answer = revoker.ask(Method::DELETE, ask).await?;
        if answer.status != 200 {
            return Err(format!("a revoke was answered {}", answer.status).into());
        }
        // Clients learn of it only now, so that what they begin from here on begins later.
        let _ = shared.revoked.set(answer.answered);
        let mut asked = Vec::new();
        while let Some(client) = asking.join_next().await {
            asked.extend(client??);
        }
        Ok(Record { asked, revoke: Revoke { begun: answer.begun, answered: answer.answered } })
    }
}

/// Uses the token without a pause, until some answers to requests that began after the revoke are there.
async fn use_it(caller: Caller, token: String, shared: Arc<Shared>) -> Outcome<Vec<Asked>> {
    let (own, mut asked, mut afterwards) = (path("self"), Vec::new(), 0);
    while afterwards < AFTERWARDS {
        let answer = caller.ask(Method::GET, Ask { path: &own, bearer: &token, ..Ask::default() }).await?;
        asked.push(Asked { begun: answer.begun, answered: answer.answered, status: answer.status });
        if shared.answers.fetch_add(1, Ordering::SeqCst) + 1 == ANSWERS {
            shared.enough.notify_one();
        }
        if shared.revoked.get().is_some_and(|revoked| answer.begun > *revoked) {
            afterwards += 1;
        }
    }
    Ok(asked)
}
