//! The authorizer of an API.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::ApiKind;
use crate::template::{TemplateError, function, resolver::Resolver, resource::Resource};

/// A request authorizer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorizer {
    /// The name of the function's binary.
    pub function: String,
    /// The headers that a request must have for the function to be invoked.
    pub identity_headers: Vec<String>,
}

/// The property `Auth`. Unknown members, here and below, are an error: ignoring one could widen the access.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "PascalCase")]
pub(super) struct Auth {
    default_authorizer: Option<String>,
    /// Unless `false`, SAM adds the default authorizer to preflight requests, which never carry a credential.
    add_default_authorizer_to_cors_preflight: Option<String>,
    authorizers: BTreeMap<String, RequestAuthorizer>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct RequestAuthorizer {
    function_arn: String,
    /// REST API only.
    function_payload_type: Option<String>,
    /// HTTP API only, as the next two.
    authorizer_payload_format_version: Option<String>,
    enable_simple_responses: Option<String>,
    /// Permits the API to invoke the function, which the local gateway always may.
    #[serde(rename = "EnableFunctionDefaultPermissions")]
    _enable_function_default_permissions: Option<String>,
    identity: Identity,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Identity {
    headers: Vec<String>,
    /// How long responses are cached. The local gateway does not cache, which is stricter.
    #[serde(rename = "ReauthorizeEvery")]
    _reauthorize_every: Option<String>,
}

impl Auth {
    pub(super) fn authorizes_preflight(&self) -> bool {
        self.add_default_authorizer_to_cors_preflight.as_deref() != Some("false")
    }

    /// The name of the authorizer.
    pub(super) fn name(&self) -> Option<&str> {
        self.authorizers.keys().next().map(String::as_str)
    }

    /// Whether the authorizer is the default for routes.
    pub(super) fn is_default(&self, path: &str) -> Result<bool, TemplateError> {
        match self.default_authorizer.as_deref() {
            None => Ok(false),
            Some(default) if self.name() == Some(default) => Ok(true),
            Some(default) => Err(TemplateError::invalid(path, format!("unknown authorizer `{default}`"))),
        }
    }
}

/// Reads the authorizer of the API.
pub(super) fn read(
    resolver: &Resolver,
    resources: &[Resource],
    auth: &Auth,
    kind: ApiKind,
    path: &str,
) -> Result<Option<Authorizer>, TemplateError> {
    let authorizers: Vec<_> = auth.authorizers.values().collect();
    let authorizer = match authorizers.as_slice() {
        [] => return Ok(None),
        [authorizer] => authorizer,
        _ => return Err(TemplateError::invalid(path, "an API may have one authorizer only")),
    };
    authorizer.check_kind(kind).map_err(|problem| TemplateError::invalid(path, problem))?;
    let function = function_name(resolver, resources, &authorizer.function_arn, path)?;
    Ok(Some(Authorizer { function, identity_headers: authorizer.identity.headers.clone() }))
}

impl RequestAuthorizer {
    /// Checks the members that depend on the kind of the API.
    fn check_kind(&self, kind: ApiKind) -> Result<(), &'static str> {
        let payload_type = self.function_payload_type.as_deref();
        let format_version = self.authorizer_payload_format_version.as_deref();
        let simple_responses = self.enable_simple_responses.as_deref();
        match (kind, payload_type, format_version, simple_responses) {
            (ApiKind::Rest, Some("REQUEST"), None, None) | (ApiKind::Http, None, Some("2.0"), Some("true")) => Ok(()),
            (ApiKind::Rest, ..) => Err("an authorizer of a REST API must have the `FunctionPayloadType` REQUEST"),
            (ApiKind::Http, ..) => Err("an authorizer of an HTTP API must have payload 2.0 and simple responses"),
        }
    }
}

/// The name of the function with this ARN, or with an alias that has it. It may belong to another template.
fn function_name(resolver: &Resolver, resources: &[Resource], arn: &str, path: &str) -> Result<String, TemplateError> {
    let has_arn = |id: &str| {
        let own = resolver.attribute(&format!("{id}.Arn"), path);
        let alias = resolver.reference(&format!("{id}.Alias"), path);
        own.is_ok_and(|own| own == arn) || alias.is_ok_and(|alias| alias == arn)
    };
    if let Some(function) = function::functions(resources).find(|function| has_arn(function.logical_id)) {
        return resolver.reference(function.logical_id, path).map(str::to_owned);
    }
    let pseudo_parameters = resolver.pseudo_parameters();
    let prefix = format!("arn:aws:lambda:{}:{}:function:", pseudo_parameters.region, pseudo_parameters.account);
    let name = arn.strip_prefix(&prefix).map(str::to_owned);
    name.ok_or_else(|| TemplateError::invalid(path, format!("`{arn}` is not the ARN of a function")))
}
