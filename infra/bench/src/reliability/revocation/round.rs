//! One round: clients use a token until it is revoked, and shortly afterwards.

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
    outcomes::{RoundLog, TokenUse},
};
use crate::{
    reliability::Options,
    stack::{ApiClient, ApiRequest, Result, token_path},
};

/// Responses before the revocation is sent.
const RESPONSES_BEFORE: usize = CLIENTS;

/// Who revokes which token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revoker {
    Owner,
    OwnerOfParent,
    Token,
}

impl Revoker {
    pub const ALL: [Self; 3] = [Self::Owner, Self::OwnerOfParent, Self::Token];

    pub fn rounds(self, options: Options) -> usize {
        options.pick(10, if self == Self::Owner { 1_000 } else { 300 })
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Owner => "the token, by an owner",
            Self::OwnerOfParent => "its parent, by an owner",
            Self::Token => "the token, by itself",
        }
    }
}

/// An active token and the request that revokes it.
pub struct Round {
    token: String,
    revoke_path: String,
    revoke_credential: String,
}

#[derive(Default)]
struct Shared {
    responses: AtomicUsize,
    enough: Notify,
    revoked: OnceLock<Instant>,
}

impl Round {
    pub async fn prepare(client: &ApiClient, owner: &str, revoker: Revoker) -> Result<Self> {
        let body = r#"{"name":"To be revoked"}"#;
        let (id, token) = client.create(owner, body).await?;
        let by_owner = Self { token, revoke_path: token_path(&id), revoke_credential: owner.to_owned() };
        Ok(match revoker {
            Revoker::Owner => by_owner,
            Revoker::OwnerOfParent => Self { token: client.create(&by_owner.token, body).await?.1, ..by_owner },
            Revoker::Token => {
                Self { revoke_path: token_path("self"), revoke_credential: by_owner.token.clone(), ..by_owner }
            }
        })
    }

    /// Uses the token from all clients, revokes it meanwhile, and returns all requests.
    pub async fn run(self, clients: &ApiClient, revoking_client: &ApiClient) -> Result<RoundLog> {
        let shared = Arc::new(Shared::default());
        let mut tasks = JoinSet::new();
        for _ in 0..CLIENTS {
            tasks.spawn(use_token(clients.clone(), self.token.clone(), Arc::clone(&shared)));
        }
        shared.enough.notified().await;
        let request = ApiRequest::new(Method::DELETE, &self.revoke_path, &self.revoke_credential);
        let response = revoking_client.send(request).await?;
        if response.status != 200 {
            return Err(format!("the revocation returned status {}", response.status).into());
        }
        // Clients learn of the revocation only now, so that requests they send afterwards are sent after the 200.
        let _ = shared.revoked.set(response.received);
        let mut uses = Vec::new();
        while let Some(client) = tasks.join_next().await {
            uses.extend(client??);
        }
        Ok(RoundLog { uses, revoke_sent: response.sent, revoked: response.received })
    }
}

/// Uses the token continuously until one request that was sent after the revocation has been answered.
async fn use_token(client: ApiClient, token: String, shared: Arc<Shared>) -> Result<Vec<TokenUse>> {
    let path = token_path("self");
    let mut uses = Vec::new();
    loop {
        let response = client.get(&path, &token).await?;
        uses.push(TokenUse { sent: response.sent, received: response.received, status: response.status });
        if shared.responses.fetch_add(1, Ordering::SeqCst) + 1 == RESPONSES_BEFORE {
            shared.enough.notify_one();
        }
        if shared.revoked.get().is_some_and(|revoked| response.sent > *revoked) {
            return Ok(uses);
        }
    }
}
