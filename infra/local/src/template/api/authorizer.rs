//! Authorizers: the one that an API may have, and which routes have it without saying so.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{ApiKind, route};
use crate::template::{TemplateError, function, resource::Resource, scope::Scope};

/// A request authorizer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorizer {
    /// The function that decides, by the name of its binary.
    pub function: String,
    /// The headers without which it is not even asked.
    pub identity_headers: Vec<String>,
}

/// Nothing that restricts access is overlooked, here and below: an unknown member is refused.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "PascalCase")]
pub(super) struct Auth {
    default_authorizer: Option<String>,
    /// Unless it is `false`, SAM puts the default authorizer before preflight requests, which never carry a credential.
    pub(super) add_default_authorizer_to_cors_preflight: Option<String>,
    authorizers: BTreeMap<String, RequestAuthorizer>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct RequestAuthorizer {
    function_arn: String,
    /// A REST API's.
    function_payload_type: Option<String>,
    /// An HTTP API's, as the next three.
    authorizer_payload_format_version: Option<String>,
    enable_simple_responses: Option<String>,
    /// That the API may call the function, which the local gateway may anyway.
    #[serde(rename = "EnableFunctionDefaultPermissions")]
    _enable_function_default_permissions: Option<String>,
    identity: Identity,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Identity {
    headers: Vec<String>,
    /// For how long answers are kept. The local gateway asks each time, which can only be stricter.
    #[serde(rename = "ReauthorizeEvery")]
    _reauthorize_every: Option<String>,
}

/// Which authorizer there is and whether a route has it without saying so.
pub(super) fn access(auth: &Auth, kind: ApiKind, api: &str, place: &str) -> Result<route::Access, TemplateError> {
    let authorizer = auth.authorizers.keys().next().cloned();
    if let Some(default) = auth.default_authorizer.as_ref().filter(|default| authorizer.as_ref() != Some(default)) {
        return Err(TemplateError::refused(place, format!("there is no authorizer `{default}`")));
    }
    Ok(route::Access { kind, api: api.to_owned(), authorizer, by_default: auth.default_authorizer.is_some() })
}

/// The API's authorizer.
pub(super) fn read(
    scope: &Scope,
    resources: &[Resource],
    auth: &Auth,
    kind: ApiKind,
    place: &str,
) -> Result<Option<Authorizer>, TemplateError> {
    let authorizers: Vec<_> = auth.authorizers.values().collect();
    let one = match authorizers.as_slice() {
        [] => return Ok(None),
        [one] => one,
        _ => return Err(TemplateError::refused(place, "there is to be one authorizer at most")),
    };
    if let Some(why) = one.misfit(kind) {
        return Err(TemplateError::refused(place, why));
    }
    let function = function_of(scope, resources, &one.function_arn, place)?;
    Ok(Some(Authorizer { function, identity_headers: one.identity.headers.clone() }))
}

impl RequestAuthorizer {
    /// Why it is none of an API of this kind.
    fn misfit(&self, kind: ApiKind) -> Option<&'static str> {
        let payload = self.function_payload_type.as_deref();
        let version = self.authorizer_payload_format_version.as_deref();
        let simple = self.enable_simple_responses.as_deref();
        match (kind, payload, version, simple) {
            (ApiKind::Rest, Some("REQUEST"), None, None) | (ApiKind::Http, None, Some("2.0"), Some("true")) => None,
            (ApiKind::Rest, ..) => Some("an authorizer of a REST API has a `FunctionPayloadType` of REQUEST"),
            (ApiKind::Http, ..) => Some("an authorizer of an HTTP API has payload 2.0 and simple responses"),
        }
    }
}

/// The function with this ARN: one of this template, or one that another template deploys.
fn function_of(scope: &Scope, resources: &[Resource], arn: &str, place: &str) -> Result<String, TemplateError> {
    let mut functions = function::functions(resources);
    let has_arn = |id: &str| scope.attribute(&format!("{id}.Arn"), place).is_ok_and(|own| own == arn);
    if let Some(function) = functions.find(|function| has_arn(function.id)) {
        return scope.reference(function.id, place).map(str::to_owned);
    }
    let world = scope.world();
    let elsewhere = arn.strip_prefix(&format!("arn:aws:lambda:{}:{}:function:", world.region, world.account));
    elsewhere.map(str::to_owned).ok_or_else(|| TemplateError::refused(place, format!("`{arn}` is no function's ARN")))
}
