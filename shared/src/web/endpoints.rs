//! The operations as endpoints: from a request to an order, from a result to an answer.

use serde::Serialize;

use super::{Answer, Endpoint, Incoming};
use crate::{
    create::{Create, Order},
    failure::Failure,
    get::Get,
    list::List,
    ports::{Clock, EvidenceReader, Finder, Ids, KeyRing, Lister, Recorder, Revoker, Signer},
    publish::Publish,
    revoke::Revoke,
    token::Item,
};

/// The one answer that carries a signed token.
#[derive(Serialize)]
struct CreatedItem {
    #[serde(flatten)]
    item: Item,
    token: String,
}

impl<L: Recorder + EvidenceReader, S: Signer, I: Ids, C: Clock> Endpoint for Create<L, S, I, C> {
    fn operation(&self) -> &'static str {
        "createAccessToken"
    }

    async fn answer(&self, request: &Incoming) -> Result<Answer, Failure> {
        let caller = request.caller()?;
        let order = Order::read(&request.members()?)?;
        let issued = self.run(&caller, order).await?;
        Answer::created(&CreatedItem { item: Item::of(issued.token()), token: issued.reveal() })
    }
}

impl<L: Lister, C: Clock> Endpoint for List<L, C> {
    fn operation(&self) -> &'static str {
        "listAccessTokens"
    }

    async fn answer(&self, request: &Incoming) -> Result<Answer, Failure> {
        let caller = request.caller()?;
        let types = request.token_types()?;
        let tokens = self.run(&caller, types.as_deref()).await?;
        Answer::ok(&tokens.iter().map(Item::of).collect::<Vec<_>>())
    }
}

impl<L: Finder> Endpoint for Get<L> {
    fn operation(&self) -> &'static str {
        "getAccessToken"
    }

    async fn answer(&self, request: &Incoming) -> Result<Answer, Failure> {
        Answer::ok(&Item::of(&self.run(&request.caller()?, &request.id()).await?))
    }
}

impl<L: Revoker, C: Clock> Endpoint for Revoke<L, C> {
    fn operation(&self) -> &'static str {
        "revokeAccessToken"
    }

    async fn answer(&self, request: &Incoming) -> Result<Answer, Failure> {
        Answer::ok(&Item::of(&self.run(&request.caller()?, &request.id()).await?))
    }
}

impl<K: KeyRing> Endpoint for Publish<K> {
    fn operation(&self) -> &'static str {
        "getAccessTokenWellKnown"
    }

    /// Open to anyone: a credential that comes along is not looked at.
    async fn answer(&self, request: &Incoming) -> Result<Answer, Failure> {
        if request.ends_in("/.well-known/jwks.json") {
            Answer::public(&self.jwk_set().await?)
        } else if request.ends_in("/.well-known/openid-configuration") {
            Answer::public(&self.metadata())
        } else {
            Err(Failure::NotFound)
        }
    }
}
