//! The request of an endpoint: caller, path and query parameters, headers and body of an API Gateway event.

use std::{borrow::Cow, collections::BTreeSet};

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::{
    body,
    event::{ApiKind, ProxyEvent},
    query,
};
use crate::{
    caller::{Caller, Context},
    error::ApiError,
    pagination::{MAX_PAGE_SIZE, TokenFilter},
    permissions::PermissionCheck,
    token::{IdempotencyKey, IdempotencyKeyError, NOT_OFFERED, Principal, TypeName, UnknownType},
};

/// The query parameter with the requested token types, a list.
const TOKEN_TYPE: &str = "token_type";

/// A request of a REST API or an HTTP API.
pub struct ApiRequest(ProxyEvent);

impl ApiRequest {
    /// Parses an event. Returns `None` if it is neither of a REST API nor of an HTTP API.
    pub(super) fn parse(event: &str) -> Option<Self> {
        ProxyEvent::parse(event).map(Self)
    }

    /// The kind of API from which the request comes.
    pub(super) fn api_kind(&self) -> ApiKind {
        self.0.kind
    }

    /// Whether the method is `HEAD`.
    pub(super) fn is_head(&self) -> bool {
        self.0.method == "HEAD"
    }

    /// The HTTP method.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.0.method
    }

    /// The gateway's id of the request.
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.0.request_id
    }

    /// The path of the route that the gateway selected, such as `/v1/access-tokens/{id}`.
    #[must_use]
    pub fn route(&self) -> &str {
        &self.0.route
    }

    /// *(the caller comes from the gateway)* The caller, from the authorizer's context only.
    ///
    /// # Errors
    ///
    /// Returns [`ApiError::Unauthenticated`] if the context contains no caller, and [`ApiError::PermissionDenied`] if
    /// `x-epilot-org-id` differs from the organization for which the authorizer decided.
    pub fn caller(&self) -> Result<Caller, ApiError> {
        let caller = Caller::from_context(&strings(&self.0.authorizer))?;
        if self.headers(super::ORG_HEADER).any(|org| org != caller.org.as_str()) {
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

    /// The path parameter `name`, decoded; `None` if the route does not have it.
    ///
    /// A REST API passes path parameters as they are in the URL, an HTTP API decodes them. They are decoded once in total, as
    /// the authorizer does. A value that does not decode to UTF-8 stays as it is.
    #[must_use]
    pub fn path_parameter(&self, name: &str) -> Option<String> {
        let value = self.0.path_parameters.get(name)?;
        let decoded = (self.0.kind == ApiKind::Rest).then(|| percent_decode_str(value).decode_utf8().ok()).flatten();
        Some(decoded.map_or_else(|| value.clone(), Cow::into_owned))
    }

    /// The members of the JSON object in the body.
    ///
    /// # Errors
    ///
    /// Returns [`ApiError::TooLarge`], [`ApiError::UnsupportedMediaType`] or [`ApiError::Invalid`].
    pub fn members(&self) -> Result<Map<String, Value>, ApiError> {
        let media_type = self.header("content-type", "Content-Type")?;
        body::members(media_type, self.body()?)
    }

    /// The members of the JSON object in the body; none if the body is empty.
    ///
    /// # Errors
    ///
    /// Returns [`ApiError::TooLarge`], [`ApiError::UnsupportedMediaType`] or [`ApiError::Invalid`].
    pub fn optional_members(&self) -> Result<Map<String, Value>, ApiError> {
        if self.body()?.is_empty() { Ok(Map::new()) } else { self.members() }
    }

    /// The elements of the JSON array in the body.
    ///
    /// # Errors
    ///
    /// Returns [`ApiError::TooLarge`], [`ApiError::UnsupportedMediaType`] or [`ApiError::Invalid`].
    pub fn elements(&self) -> Result<Vec<Value>, ApiError> {
        let media_type = self.header("content-type", "Content-Type")?;
        body::elements(media_type, self.body()?)
    }

    fn body(&self) -> Result<&[u8], ApiError> {
        self.0.body.as_deref().ok_or_else(|| ApiError::Invalid("the body is not base64".to_owned()))
    }

    /// The value of `Idempotency-Key`; `None` without that header.
    ///
    /// # Errors
    ///
    /// Returns [`ApiError::Invalid`] if the value is invalid or the header is repeated.
    pub fn idempotency_key(&self) -> Result<Option<IdempotencyKey>, ApiError> {
        let key = self.header("idempotency-key", "Idempotency-Key")?.map(str::parse).transpose();
        key.map_err(|error: IdempotencyKeyError| ApiError::Invalid(error.to_string()))
    }

    /// The query parameter `name`.
    ///
    /// # Errors
    ///
    /// Returns [`ApiError::Invalid`] if the parameter is repeated.
    pub fn query(&self, name: &str) -> Result<Option<String>, ApiError> {
        one(self.query_values(name), name).map(|value| value.map(ToOwned::to_owned))
    }

    /// The query parameter `name`, `true` or `false`; `false` if it is absent.
    ///
    /// # Errors
    ///
    /// Returns [`ApiError::Invalid`] for any other value, or if the parameter is repeated or spelled differently.
    pub fn flag(&self, name: &str) -> Result<bool, ApiError> {
        self.check_query_names(&[name], &[])?;
        match self.query(name)?.as_deref() {
            Some("true") => Ok(true),
            None | Some("false") => Ok(false),
            Some(_) => Err(ApiError::Invalid(format!("`{name}` must be `true` or `false`"))),
        }
    }

    /// The permission that the query parameters `action` and `resource` name; `None` without them.
    ///
    /// # Errors
    ///
    /// Returns [`ApiError::Invalid`] if a parameter is invalid, repeated or spelled differently.
    pub fn permission_check(&self) -> Result<Option<PermissionCheck>, ApiError> {
        self.check_query_names(&["action", "resource"], &[])?;
        let action = self.query("action")?;
        let resource = self.query("resource")?;
        PermissionCheck::parse(action.as_deref(), resource.as_deref())
            .map_err(|error| ApiError::Invalid(error.to_string()))
    }

    /// The filter of a token list.
    ///
    /// # Errors
    ///
    /// Returns [`ApiError::Invalid`] if a parameter is invalid or spelled differently.
    pub fn filter(&self) -> Result<TokenFilter, ApiError> {
        self.check_query_names(&["created_by", "limit", "cursor"], &[TOKEN_TYPE])?;
        let limit = self.limit(MAX_PAGE_SIZE);
        let creator = self.query("created_by")?.map(|text| text.parse::<Principal>()).transpose();
        Ok(TokenFilter {
            types: self.token_types()?,
            created_by: creator.map_err(|error| ApiError::Invalid(format!("`created_by`: {error}")))?,
            limit: limit?,
        })
    }

    /// `limit` and `cursor` of a list of at most `max` items a page, without other parameters; `None` if they are absent.
    ///
    /// # Errors
    ///
    /// Returns [`ApiError::Invalid`] if a parameter is invalid, repeated or spelled differently.
    pub fn page(&self, max: usize) -> Result<(Option<usize>, Option<String>), ApiError> {
        self.check_query_names(&["limit", "cursor"], &[])?;
        Ok((self.limit(max)?, self.cursor()?))
    }

    /// The query parameter `limit`, from 1 to `max`; `None` if it is absent.
    fn limit(&self, max: usize) -> Result<Option<usize>, ApiError> {
        let is_integer = |text: &String| text.bytes().all(|byte| byte.is_ascii_digit());
        let in_range = |limit: &usize| (1..=max).contains(limit);
        let parse = |text| {
            let limit = Some(text).filter(is_integer).and_then(|text| text.parse().ok()).filter(in_range);
            limit.ok_or_else(|| ApiError::Invalid(format!("`limit` must be an integer from 1 to {max}")))
        };
        self.query("limit")?.map(parse).transpose()
    }

    /// The cursor of a token list.
    ///
    /// # Errors
    ///
    /// Returns [`ApiError::Invalid`] if the parameter is repeated or empty.
    pub fn cursor(&self) -> Result<Option<String>, ApiError> {
        let cursor = self.query("cursor")?;
        if cursor.as_ref().is_some_and(String::is_empty) {
            return Err(ApiError::Invalid("`cursor` is empty: omit it to request the first page".to_owned()));
        }
        Ok(cursor)
    }

    /// The requested token types, comma-separated or repeated; `None` without any.
    fn token_types(&self) -> Result<Option<BTreeSet<TypeName>>, ApiError> {
        let pairs = self.0.query.iter().filter(|(name, _)| query::is_list_parameter(name, TOKEN_TYPE));
        let mut names = pairs.flat_map(|(_, value)| value.split(',')).peekable();
        if names.peek().is_none() {
            return Ok(None);
        }
        let types = names.filter(|name| !NOT_OFFERED.contains(name)).map(str::parse);
        types.collect::<Result<_, UnknownType>>().map(Some).map_err(|error| ApiError::Invalid(error.to_string()))
    }

    fn check_query_names(&self, single: &[&str], lists: &[&str]) -> Result<(), ApiError> {
        query::check_names(self.0.query.iter().map(|(name, _)| name.as_str()), single, lists)
    }

    fn query_values(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.query.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The values of the header `name`, which is in lower case.
    fn headers(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.headers.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The only value of the header `name`, which is in lower case; `documented` is its name for the error.
    fn header(&self, name: &str, documented: &str) -> Result<Option<&str>, ApiError> {
        one(self.headers(name), documented)
    }
}

/// The only one of `values`; `None` without any. An error names `name`.
fn one<'a>(mut values: impl Iterator<Item = &'a str>, name: &str) -> Result<Option<&'a str>, ApiError> {
    match (values.next(), values.next()) {
        (value, None) => Ok(value),
        (_, Some(_)) => Err(ApiError::Invalid(format!("`{name}` must not be repeated"))),
    }
}

/// The string members of the context. Latchkey's authorizer writes only strings; the gateway adds a number.
fn strings(fields: &Map<String, Value>) -> Context {
    let text = |(name, value): (&String, &Value)| Some((name.clone(), value.as_str()?.to_owned()));
    fields.iter().filter_map(text).collect()
}
