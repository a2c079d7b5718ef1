//! The operations as endpoints: from a request to an order, from a result to an answer.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use super::{Answer, Endpoint, Incoming};
use crate::{
    create::{Create, Order},
    error::ApiError,
    get::Get,
    list::{Filter, List},
    my_roles::{HeldRole, MyRoles},
    ports::{Clock, EvidenceReader, Finder, Ids, KeyRing, Lister, OrgRoles, Recorder, Revoker, RoleReader, Signer},
    publish::{Publish, openapi::OPENAPI},
    revoke::Revoke,
    telemetry,
    token::{Family, Item},
};

/// The one answer that carries a signed token.
#[derive(Serialize)]
struct CreatedItem {
    #[serde(flatten)]
    item: Item,
    token: String,
}

/// The answer about roles.
#[derive(Serialize)]
struct Roles {
    roles: Vec<HeldRole>,
}

impl<L: Recorder + EvidenceReader, S: Signer, I: Ids, C: Clock> Endpoint for Create<L, S, I, C> {
    fn operation(&self) -> &'static str {
        "createAccessToken"
    }

    async fn answer(&self, request: &Incoming) -> Result<Answer, ApiError> {
        let caller = request.caller()?;
        let order = Order::read(&request.members()?)?;
        let key = request.idempotency_key()?;
        let issued = self.run(&caller, order, key.as_ref()).await?;
        telemetry::token_created(issued.token(), &caller, request.request_id());
        let (id, item) = (issued.token().id.clone(), Item::of(issued.token()));
        Ok(Answer::created(&CreatedItem { item, token: issued.expose_secret() })?.about(&id))
    }
}

impl<L: Lister, C: Clock> Endpoint for List<L, C> {
    fn operation(&self) -> &'static str {
        "listAccessTokens"
    }

    async fn answer(&self, request: &Incoming) -> Result<Answer, ApiError> {
        let caller = request.caller()?;
        let (filter, cursor) = (request.filter()?, request.query("cursor")?);
        let page = self.run(&caller, &filter, cursor.as_deref()).await?;
        let answer = Answer::ok(&page.tokens.iter().map(Item::of).collect::<Vec<_>>())?;
        Ok(match page.next {
            Some(cursor) => answer.with_next(&next_page(&filter, &cursor)),
            None => answer,
        })
    }
}

/// The next page as a reference without a path, since a stage may stand before it (RFC 8288; RFC 3986, section 4.2).
fn next_page(filter: &Filter, cursor: &str) -> String {
    let types = filter.types.iter().map(|types| {
        let names: Vec<_> = types.iter().map(|name| name.as_str()).collect();
        ("token_type", names.join(","))
    });
    let maker = filter.created_by.iter().map(|maker| ("created_by", maker.to_string()));
    let place = [("limit", filter.limit.to_string()), ("cursor", cursor.to_owned())];
    let pairs = types.chain(maker).chain(place);
    let query = pairs.map(|(name, value)| format!("{name}={}", utf8_percent_encode(&value, NON_ALPHANUMERIC)));
    format!("?{}", query.collect::<Vec<_>>().join("&"))
}

impl<L: RoleReader + OrgRoles> Endpoint for MyRoles<L> {
    fn operation(&self) -> &'static str {
        "listCurrentRoles"
    }

    async fn answer(&self, request: &Incoming) -> Result<Answer, ApiError> {
        let caller = request.caller()?;
        let roles = if request.flag("may_give")? { self.may_give(&caller).await? } else { self.run(&caller).await? };
        Answer::ok(&Roles { roles })
    }
}

impl<L: Finder> Endpoint for Get<L> {
    fn operation(&self) -> &'static str {
        "getAccessToken"
    }

    async fn answer(&self, request: &Incoming) -> Result<Answer, ApiError> {
        let token = self.run(&request.caller()?, &request.id()).await?;
        Ok(Answer::ok(&Item::of(&token))?.about(&token.id))
    }
}

impl<L: Revoker, C: Clock> Endpoint for Revoke<L, C> {
    fn operation(&self) -> &'static str {
        "revokeAccessToken"
    }

    async fn answer(&self, request: &Incoming) -> Result<Answer, ApiError> {
        let caller = request.caller()?;
        let token = self.run(&caller, &request.id()).await?;
        telemetry::token_revoked(&token, &caller, request.request_id());
        Ok(Answer::ok(&Item::of(&token))?.about(&token.id))
    }
}

impl<K: KeyRing> Endpoint for Publish<K> {
    fn operation(&self) -> &'static str {
        "getAccessTokenWellKnown"
    }

    /// Open to anyone: a credential that comes along is not looked at.
    async fn answer(&self, request: &Incoming) -> Result<Answer, ApiError> {
        let (keys, metadata) = ("/.well-known/jwks.json", "/.well-known/openid-configuration");
        let is = |family: &str, document: &str| request.ends_in(&format!("/v1/access-tokens{family}{document}"));
        if is("", keys) {
            Answer::public(&self.jwk_set(Family::Access).await?)
        } else if is("/public", keys) {
            Answer::public(&self.jwk_set(Family::Public).await?)
        } else if is("", metadata) {
            Answer::public(&self.metadata(Family::Access))
        } else if is("/public", metadata) {
            Answer::public(&self.metadata(Family::Public))
        } else if request.ends_in("/v1/openapi.json") {
            Ok(Answer::document(OPENAPI))
        } else {
            Err(ApiError::NotFound)
        }
    }
}
