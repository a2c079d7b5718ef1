//! The API operations as endpoints: each parses its input from the request and renders its result as a response.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use super::{ApiRequest, ApiResponse, Endpoint, list_body::ListBody};
use crate::{
    caller::Caller,
    create::{Create, CreateTokenRequest, IssuedToken, RotateTokenRequest, RotatedToken},
    decide_permission::{DecidePermission, PermissionDecision, SimulationRequest},
    error::ApiError,
    get::Get,
    list::List,
    list_current_roles::{CurrentRole, ListCurrentRoles},
    pagination::TokenFilter,
    ports::{
        Clock, FindToken, IdGenerator, InsertToken, ListRoles, ListTokens, MarkRotated, OwnKeys, ReadAuthorizationData,
        ReadRoles, RevokeToken, Signer, UpdateToken,
    },
    revoke::{BulkRevocation, BulkRevokeRequest, Extent, Revoke},
    telemetry,
    token::{Family, Item, Token},
    update::{Update, parse_changes},
    well_known::{WellKnown, openapi::OPENAPI},
};

const BULK_REVOKE_ROUTE: &str = "/v1/access-tokens/revoke";
const ROTATION_ROUTE: &str = "/v1/access-tokens/{id}/rotate";
const SIMULATION_ROUTE: &str = "/v1/permissions/simulate";

/// The only response that contains a signed token.
#[derive(Serialize)]
struct CreatedItem {
    #[serde(flatten)]
    item: Item,
    token: String,
}

/// The response of `revokeAccessToken`.
#[derive(Serialize)]
struct RevokedItem {
    #[serde(flatten)]
    item: Item,
    /// The tokens of the same chain of rotations that are revoked with it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    also_revoked: Vec<String>,
}

/// The response of `listAllRoles`.
#[derive(Serialize)]
pub(super) struct Roles {
    pub(super) roles: Vec<CurrentRole>,
}

/// The response of `listCurrentRoles`.
#[derive(Serialize)]
struct CurrentRoles {
    roles: Vec<CurrentRole>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decision: Option<PermissionDecision>,
}

/// The response of `simulatePermission`.
#[derive(Serialize)]
struct Simulation {
    decision: PermissionDecision,
}

/// The response of `revokeAccessTokens`.
#[derive(Serialize)]
struct RevokedTokens {
    revoked: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
}

/// The operations on the permissions of the caller, and of tokens that it may create.
pub struct CurrentPermissions<L> {
    /// Lists the caller's roles.
    pub roles: ListCurrentRoles<L>,
    /// Decides permissions.
    pub decisions: DecidePermission<L>,
}

impl<L, S, I, C> Endpoint for Create<L, S, I, C>
where
    L: InsertToken + ReadAuthorizationData + MarkRotated,
    S: Signer,
    I: IdGenerator,
    C: Clock,
{
    fn operation(&self, route: &str) -> &'static str {
        if route == ROTATION_ROUTE { "rotateAccessToken" } else { "createAccessToken" }
    }

    async fn handle(&self, request: &ApiRequest) -> Result<ApiResponse, ApiError> {
        let caller = request.caller()?;
        if request.route() == ROTATION_ROUTE {
            let id = caller.resolve(&request.id())?;
            let rotation = RotateTokenRequest::parse(&request.optional_members()?, id.type_name())?;
            let RotatedToken { rotated, issued } = self.rotate(&caller, &id, rotation).await?;
            telemetry::token_rotated(&rotated, &caller, request.request_id());
            return created(issued, &caller, request);
        }
        let token_request = CreateTokenRequest::parse(&request.members()?)?;
        let key = request.idempotency_key()?;
        let issued = self.run(&caller, token_request, key.as_ref()).await?;
        created(issued, &caller, request)
    }
}

/// The response with a new token, and its audit line.
fn created(issued: IssuedToken, caller: &Caller, request: &ApiRequest) -> Result<ApiResponse, ApiError> {
    telemetry::token_created(issued.token(), caller, request.request_id());
    let id = issued.token().id.clone();
    let item = Item::of(issued.token());
    Ok(ApiResponse::created(&CreatedItem { item, token: issued.expose_secret() })?.about(&id))
}

impl<L: ListTokens, C: Clock> Endpoint for List<L, C> {
    fn operation(&self, _route: &str) -> &'static str {
        "listAccessTokens"
    }

    async fn handle(&self, request: &ApiRequest) -> Result<ApiResponse, ApiError> {
        let caller = request.caller()?;
        let filter = request.filter()?;
        let cursor = request.cursor()?;
        let mut body = ListBody::new();
        let next = self.run(&caller, &filter, cursor.as_deref(), |token| body.push(token)).await?;
        let response = ApiResponse::ok_json(body.into_json());
        Ok(match next {
            Some(cursor) => response.with_next(&next_page(&filter, &cursor)),
            None => response,
        })
    }
}

/// The link to the next page: a relative reference with the query only (RFC 3986, section 4.2), because the public path
/// may start with a stage name or a base path.
fn next_page(filter: &TokenFilter, cursor: &str) -> String {
    let types = filter.types.iter().map(|types| {
        let names: Vec<_> = types.iter().map(|name| name.as_str()).collect();
        ("token_type", names.join(","))
    });
    let creator = filter.created_by.iter().map(|creator| ("created_by", creator.to_string()));
    let limit = filter.limit.iter().map(|limit| ("limit", limit.to_string()));
    query_reference(types.chain(creator).chain(limit).chain([("cursor", cursor.to_owned())]))
}

/// A relative reference that consists of a query with these parameters.
pub(super) fn query_reference(parameters: impl IntoIterator<Item = (&'static str, String)>) -> String {
    let encode = |(name, value): (_, String)| format!("{name}={}", utf8_percent_encode(&value, NON_ALPHANUMERIC));
    format!("?{}", parameters.into_iter().map(encode).collect::<Vec<_>>().join("&"))
}

impl<L: ReadRoles + ListRoles + ReadAuthorizationData> Endpoint for CurrentPermissions<L> {
    fn operation(&self, route: &str) -> &'static str {
        if route == SIMULATION_ROUTE { "simulatePermission" } else { "listCurrentRoles" }
    }

    async fn handle(&self, request: &ApiRequest) -> Result<ApiResponse, ApiError> {
        let caller = request.caller()?;
        if request.route() == SIMULATION_ROUTE {
            let simulation = SimulationRequest::parse(&request.members()?)?;
            let decision = self.decisions.simulate(&caller, &simulation).await?;
            return ApiResponse::ok(&Simulation { decision });
        }
        let may_give = request.flag("may_give")?;
        let check = request.permission_check()?;
        let roles = if may_give { self.roles.may_give(&caller).await? } else { self.roles.run(&caller).await? };
        let decision = match &check {
            Some(check) => Some(self.decisions.of_caller(&caller, check).await?),
            None => None,
        };
        ApiResponse::ok(&CurrentRoles { roles, decision })
    }
}

impl<L: FindToken> Endpoint for Get<L> {
    fn operation(&self, _route: &str) -> &'static str {
        "getAccessToken"
    }

    async fn handle(&self, request: &ApiRequest) -> Result<ApiResponse, ApiError> {
        let token = self.run(&request.caller()?, &request.id()).await?;
        Ok(ApiResponse::ok(&Item::of(&token))?.about(&token.id))
    }
}

impl<L: RevokeToken + ListTokens, C: Clock> Endpoint for Revoke<L, C> {
    fn operation(&self, route: &str) -> &'static str {
        if route == BULK_REVOKE_ROUTE { "revokeAccessTokens" } else { "revokeAccessToken" }
    }

    async fn handle(&self, request: &ApiRequest) -> Result<ApiResponse, ApiError> {
        let caller = request.caller()?;
        if request.route() == BULK_REVOKE_ROUTE {
            let bulk_request = BulkRevokeRequest::parse(&request.members()?)?;
            let log = |token: &Token| telemetry::token_revoked(token, &caller, request.request_id());
            let BulkRevocation { revoked, cursor } = self.run_bulk(&caller, &bulk_request, log).await?;
            let revoked = revoked.iter().map(ToString::to_string).collect();
            return ApiResponse::ok(&RevokedTokens { revoked, cursor });
        }
        let extent = if request.flag("family")? { Extent::Family } else { Extent::Token };
        let mut ids = Vec::new();
        let on_revoked = |token: &Token| {
            telemetry::token_revoked(token, &caller, request.request_id());
            ids.push(token.id.to_string());
        };
        let token = self.run(&caller, &request.id(), extent, on_revoked).await?;
        let also_revoked = ids.split_off(1);
        Ok(ApiResponse::ok(&RevokedItem { item: Item::of(&token), also_revoked })?.about(&token.id))
    }
}

impl<L: UpdateToken, C: Clock> Endpoint for Update<L, C> {
    fn operation(&self, _route: &str) -> &'static str {
        "updateAccessToken"
    }

    async fn handle(&self, request: &ApiRequest) -> Result<ApiResponse, ApiError> {
        let caller = request.caller()?;
        let changes = parse_changes(&request.members()?)?;
        let token = self.run(&caller, &request.id(), &changes).await?;
        telemetry::token_updated(&token, &changes, &caller, request.request_id());
        Ok(ApiResponse::ok(&Item::of(&token))?.about(&token.id))
    }
}

impl<K: OwnKeys> Endpoint for WellKnown<K> {
    fn operation(&self, _route: &str) -> &'static str {
        "getAccessTokenWellKnown"
    }

    /// Public: a credential in the request is ignored.
    async fn handle(&self, request: &ApiRequest) -> Result<ApiResponse, ApiError> {
        match request.route() {
            "/v1/access-tokens/.well-known/jwks.json" => ApiResponse::public(&self.jwk_set(Family::Access).await?),
            "/v1/access-tokens/public/.well-known/jwks.json" => {
                ApiResponse::public(&self.jwk_set(Family::Public).await?)
            }
            "/v1/access-tokens/.well-known/openid-configuration" => ApiResponse::public(&self.metadata(Family::Access)),
            "/v1/access-tokens/public/.well-known/openid-configuration" => {
                ApiResponse::public(&self.metadata(Family::Public))
            }
            "/v1/openapi.json" => Ok(ApiResponse::document(OPENAPI)),
            _ => Err(ApiError::NotFound),
        }
    }
}
