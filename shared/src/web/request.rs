//! The request of an endpoint: caller, path and query parameters, headers and body of an API Gateway event.

use std::collections::{BTreeSet, HashMap};

use lambda_http::{Request, RequestExt, http::HeaderMap, request::RequestContext};
use serde_json::{Map, Value};

use super::body;
use crate::{
    caller::{Caller, Context},
    error::ApiError,
    pagination::{MAX_PAGE_SIZE, TokenFilter},
    token::{IdempotencyKey, IdempotencyKeyError, NOT_OFFERED, Principal, TypeName, UnknownType},
};

/// A request of a REST API or an HTTP API.
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

    /// *(the caller comes from the gateway)* The caller, from the authorizer's context only.
    ///
    /// # Errors
    ///
    /// Returns [`ApiError::Unauthenticated`] if the context contains no caller, and [`ApiError::PermissionDenied`] if
    /// `x-epilot-org-id` differs from the organization for which the authorizer decided.
    pub fn caller(&self) -> Result<Caller, ApiError> {
        let caller = Caller::from_context(&self.context)?;
        let orgs = self.headers().get_all(super::ORG_HEADER);
        if orgs.iter().any(|org| org.as_bytes() != caller.org.as_str().as_bytes()) {
            return Err(ApiError::PermissionDenied(
                "`x-epilot-org-id` is not the organization of the caller".to_owned(),
            ));
        }
        Ok(caller)
    }

    /// The path parameter `{id}`.
    #[must_use]
    pub fn id(&self) -> String {
        self.path_parameter("id").unwrap_or_default()
    }

    /// The path parameter `name`; `None` if the route does not have it.
    #[must_use]
    pub fn path_parameter(&self, name: &str) -> Option<String> {
        self.request.path_parameters().first(name).map(ToOwned::to_owned)
    }

    /// Whether the path ends in `suffix`. A stage name or a base path may precede it.
    #[must_use]
    pub fn ends_in(&self, suffix: &str) -> bool {
        self.request.uri().path().ends_with(suffix)
    }

    /// The members of the JSON object in the body.
    ///
    /// # Errors
    ///
    /// Returns [`ApiError::TooLarge`], [`ApiError::UnsupportedMediaType`] or [`ApiError::Invalid`].
    pub fn members(&self) -> Result<Map<String, Value>, ApiError> {
        body::members(self.headers(), self.request.body())
    }

    /// The value of `Idempotency-Key`; `None` without that header.
    ///
    /// # Errors
    ///
    /// Returns [`ApiError::Invalid`] if the value is invalid or the header is repeated.
    pub fn idempotency_key(&self) -> Result<Option<IdempotencyKey>, ApiError> {
        let mut values = self.headers().get_all("idempotency-key").iter();
        match (values.next(), values.next()) {
            (None, _) => Ok(None),
            (Some(value), None) => {
                let key = value.to_str().map_or(Err(IdempotencyKeyError), str::parse);
                key.map(Some).map_err(|error| ApiError::Invalid(error.to_string()))
            }
            (Some(_), Some(_)) => Err(ApiError::Invalid("`Idempotency-Key` must not be repeated".to_owned())),
        }
    }

    /// The query parameter `name`.
    ///
    /// # Errors
    ///
    /// Returns [`ApiError::Invalid`] if the parameter is repeated.
    pub fn query(&self, name: &str) -> Result<Option<String>, ApiError> {
        let query = self.request.query_string_parameters();
        match query.all(name).unwrap_or_default()[..] {
            [] => Ok(None),
            [value] => Ok(Some(value.to_owned())),
            _ => Err(ApiError::Invalid(format!("`{name}` must not be repeated"))),
        }
    }

    /// The query parameter `name`, `true` or `false`; `false` if it is absent.
    ///
    /// # Errors
    ///
    /// Returns [`ApiError::Invalid`] for any other value, or if the parameter is repeated.
    pub fn flag(&self, name: &str) -> Result<bool, ApiError> {
        match self.query(name)?.as_deref() {
            Some("true") => Ok(true),
            None | Some("false") => Ok(false),
            Some(_) => Err(ApiError::Invalid(format!("`{name}` must be `true` or `false`"))),
        }
    }

    /// The filter of a token list.
    ///
    /// # Errors
    ///
    /// Returns [`ApiError::Invalid`] if a parameter is invalid.
    pub fn filter(&self) -> Result<TokenFilter, ApiError> {
        let is_integer = |text: &String| text.bytes().all(|byte| byte.is_ascii_digit());
        let limit = self.query("limit")?.map(|text| Some(text).filter(is_integer)?.parse::<usize>().ok());
        let limit = limit.unwrap_or(Some(MAX_PAGE_SIZE)).filter(|limit| (1..=MAX_PAGE_SIZE).contains(limit));
        let creator = self.query("created_by")?.map(|text| text.parse::<Principal>()).transpose();
        Ok(TokenFilter {
            types: self.token_types()?,
            created_by: creator.map_err(|error| ApiError::Invalid(format!("`created_by`: {error}")))?,
            limit: limit
                .ok_or_else(|| ApiError::Invalid(format!("`limit` must be an integer from 1 to {MAX_PAGE_SIZE}")))?,
        })
    }

    /// The requested token types, from `token_type` or `token_type[]`, comma-separated or repeated; `None` without any.
    fn token_types(&self) -> Result<Option<BTreeSet<TypeName>>, ApiError> {
        let query = self.request.query_string_parameters();
        let values = ["token_type", "token_type[]"].into_iter().filter_map(|name| query.all(name)).flatten();
        let mut names = values.flat_map(|value| value.split(',')).peekable();
        if names.peek().is_none() {
            return Ok(None);
        }
        let types = names.filter(|name| !NOT_OFFERED.contains(name)).map(str::parse);
        types.collect::<Result<_, UnknownType>>().map(Some).map_err(|error| ApiError::Invalid(error.to_string()))
    }

    fn headers(&self) -> &HeaderMap {
        self.request.headers()
    }
}

/// The string members of the context. Latchkey's authorizer writes only strings; the gateway adds a number.
fn strings(fields: &HashMap<String, Value>) -> Context {
    let text = |(name, value): (&String, &Value)| Some((name.clone(), value.as_str()?.to_owned()));
    fields.iter().filter_map(text).collect()
}
