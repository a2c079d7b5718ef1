//! What an endpoint is asked.

use std::collections::{BTreeSet, HashMap};

use lambda_http::{Request, RequestExt, http::HeaderMap, request::RequestContext};
use serde_json::{Map, Value};

use super::body;
use crate::{
    caller::{Caller, Context},
    error::ApiError,
    list::{MAX_PAGE_SIZE, TokenFilter},
    token::{IdempotencyKey, IdempotencyKeyError, NOT_OFFERED, Principal, TypeName, UnknownType},
};

/// A request as the gateway hands it on: by a REST API or an HTTP API.
pub struct ApiRequest {
    request: Request,
    request_id: String,
    context: Context,
}

impl ApiRequest {
    pub(super) fn new(request: Request) -> Self {
        let (request_id, fields) = match request.request_context_ref() {
            Some(RequestContext::ApiGatewayV1(context)) => {
                (context.request_id.clone(), Some(&context.authorizer.fields))
            }
            Some(RequestContext::ApiGatewayV2(context)) => {
                (context.request_id.clone(), context.authorizer.as_ref().map(|authorizer| &authorizer.fields))
            }
            _ => (None, None),
        };
        let context = fields.map(strings).unwrap_or_default();
        Self { request_id: request_id.unwrap_or_default(), context, request }
    }

    /// The gateway's id of the request.
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// *(the caller comes from the gateway)* Who calls, by the authorizer's context alone.
    ///
    /// # Errors
    ///
    /// [`ApiError::Unauthenticated`] without that context; [`ApiError::PermissionDenied`] where `x-epilot-org-id` names
    /// another organization than the authorizer has decided on.
    pub fn caller(&self) -> Result<Caller, ApiError> {
        let caller = Caller::from_context(&self.context)?;
        let named = self.headers().get_all(super::ORG_HEADER);
        if named.iter().any(|org| org.as_bytes() != caller.org.as_str().as_bytes()) {
            return Err(ApiError::PermissionDenied("x-epilot-org-id names another organization".to_owned()));
        }
        Ok(caller)
    }

    /// The path parameter `{id}`.
    #[must_use]
    pub fn id(&self) -> String {
        self.path_parameter("id").unwrap_or_default()
    }

    /// The path parameter `name`, where the route has it.
    #[must_use]
    pub fn path_parameter(&self, name: &str) -> Option<String> {
        self.request.path_parameters().first(name).map(ToOwned::to_owned)
    }

    /// Whether the path ends in `suffix`. A stage may stand before it.
    #[must_use]
    pub fn ends_in(&self, suffix: &str) -> bool {
        self.request.uri().path().ends_with(suffix)
    }

    /// The members of the JSON object that the body holds.
    ///
    /// # Errors
    ///
    /// Those of the contract: 413, 415, 400.
    pub fn members(&self) -> Result<Map<String, Value>, ApiError> {
        body::members(self.headers(), self.request.body())
    }

    /// The idempotency key, where there is one.
    ///
    /// # Errors
    ///
    /// [`ApiError::Invalid`] for one that is none, or for two.
    pub fn idempotency_key(&self) -> Result<Option<IdempotencyKey>, ApiError> {
        let mut values = self.headers().get_all("idempotency-key").iter();
        match (values.next(), values.next()) {
            (None, _) => Ok(None),
            (Some(value), None) => {
                let key = value.to_str().map_or(Err(IdempotencyKeyError), str::parse);
                key.map(Some).map_err(|error| ApiError::Invalid(error.to_string()))
            }
            (Some(_), Some(_)) => Err(ApiError::Invalid("`Idempotency-Key` is there twice".to_owned())),
        }
    }

    /// The parameter `name` of the query.
    ///
    /// # Errors
    ///
    /// [`ApiError::Invalid`] where it is there twice.
    pub fn query(&self, name: &str) -> Result<Option<String>, ApiError> {
        let query = self.request.query_string_parameters();
        match query.all(name).unwrap_or_default()[..] {
            [] => Ok(None),
            [value] => Ok(Some(value.to_owned())),
            _ => Err(ApiError::Invalid(format!("`{name}` is there twice"))),
        }
    }

    /// The parameter `name` of the query, `true` or `false`; absent it is false.
    ///
    /// # Errors
    ///
    /// [`ApiError::Invalid`] for anything else, or where it is there twice.
    pub fn flag(&self, name: &str) -> Result<bool, ApiError> {
        match self.query(name)?.as_deref() {
            Some("true") => Ok(true),
            None | Some("false") => Ok(false),
            Some(_) => Err(ApiError::Invalid(format!("`{name}` is `true` or `false`"))),
        }
    }

    /// Which tokens of a list are asked for.
    ///
    /// # Errors
    ///
    /// [`ApiError::Invalid`] for a parameter that breaks its rule.
    pub fn filter(&self) -> Result<TokenFilter, ApiError> {
        let whole = |text: &String| text.bytes().all(|byte| byte.is_ascii_digit());
        let limit = self.query("limit")?.map(|text| Some(text).filter(whole)?.parse::<usize>().ok());
        let limit = limit.unwrap_or(Some(MAX_PAGE_SIZE)).filter(|limit| (1..=MAX_PAGE_SIZE).contains(limit));
        let maker = self.query("created_by")?.map(|text| text.parse::<Principal>()).transpose();
        Ok(TokenFilter {
            types: self.token_types()?,
            created_by: maker.map_err(|error| ApiError::Invalid(format!("`created_by`: {error}")))?,
            limit: limit
                .ok_or_else(|| ApiError::Invalid(format!("`limit` must be a number from 1 to {MAX_PAGE_SIZE}")))?,
        })
    }

    /// The token types that the query asks for, in any of the spellings in use; `None` where it names none.
    fn token_types(&self) -> Result<Option<BTreeSet<TypeName>>, ApiError> {
        let query = self.request.query_string_parameters();
        let values = ["token_type", "token_type[]"].into_iter().filter_map(|name| query.all(name)).flatten();
        let mut named = values.flat_map(|value| value.split(',')).peekable();
        if named.peek().is_none() {
            return Ok(None);
        }
        let known = named.filter(|name| !NOT_OFFERED.contains(name)).map(str::parse);
        known.collect::<Result<_, UnknownType>>().map(Some).map_err(|error| ApiError::Invalid(error.to_string()))
    }

    fn headers(&self) -> &HeaderMap {
        self.request.headers()
    }
}

/// The context's texts. Our authorizer writes nothing else; the gateway adds a number of its own.
fn strings(fields: &HashMap<String, Value>) -> Context {
    let text = |(name, value): (&String, &Value)| Some((name.clone(), value.as_str()?.to_owned()));
    fields.iter().filter_map(text).collect()
}
