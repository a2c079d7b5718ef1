//! REST and HTTP APIs.

mod response;
mod route;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

pub use self::{response::GatewayResponse, route::Route};
use super::{TemplateError, function, resource::Resource, scope::Scope};

/// An API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Api {
    /// Which kind.
    pub kind: ApiKind,
    /// The stage, which stands before every path of the API's own address, unless it is an HTTP API's `$default`.
    pub stage: String,
    /// The API's id, always the same.
    pub id: String,
    /// The one authorizer, if the API has one.
    pub authorizer: Option<Authorizer>,
    /// The gateway responses by their types, as in `ACCESS_DENIED`. An HTTP API has none.
    pub responses: BTreeMap<String, GatewayResponse>,
    /// What a browser is told that asks ahead, for every path that is a route's; none: it is told nothing.
    pub cors: Option<Cors>,
    /// The routes.
    pub routes: Vec<Route>,
}

/// What SAM makes of the property `Cors`: an `OPTIONS` method beside every route, without the authorizer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub struct Cors {
    /// `Access-Control-Allow-Origin`, in the quotes of a static value, as the others are.
    pub allow_origin: String,
    /// `Access-Control-Allow-Methods`.
    pub allow_methods: String,
    /// `Access-Control-Allow-Headers`.
    pub allow_headers: String,
    /// `Access-Control-Max-Age`, in seconds.
    pub max_age: String,
}

/// The kinds of APIs, which differ in their events and in what an authorizer answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApiKind {
    /// A REST API, `AWS::Serverless::Api`: payload 1.0 without a version, IAM policies.
    Rest,
    /// An HTTP API, `AWS::Serverless::HttpApi`: payload 2.0, the simple answer.
    Http,
}

/// A request authorizer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorizer {
    /// The function that decides, by the name of its binary.
    pub function: String,
    /// The headers without which it is not even asked.
    pub identity_headers: Vec<String>,
}

const MEMBERS: [&str; 4] = ["Auth", "Cors", "GatewayResponses", "StageName"];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Properties {
    stage_name: Option<String>,
    cors: Option<Cors>,
    #[serde(default)]
    auth: Auth,
    #[serde(default)]
    gateway_responses: BTreeMap<String, Value>,
}

/// Nothing that restricts access is overlooked, here and below: an unknown member is refused.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "PascalCase")]
struct Auth {
    default_authorizer: Option<String>,
    /// Unless it is `false`, SAM puts the default authorizer before preflight requests, which never carry a credential.
    add_default_authorizer_to_cors_preflight: Option<String>,
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

impl ApiKind {
    fn of(resource: &Resource) -> Option<Self> {
        match resource.kind {
            "AWS::Serverless::Api" => Some(Self::Rest),
            "AWS::Serverless::HttpApi" => Some(Self::Http),
            _ => None,
        }
    }
}

/// Gives each API its id, which is its logical id in lower case.
pub(super) fn define(scope: &mut Scope, resources: &[Resource]) -> Result<(), TemplateError> {
    let apis: Vec<_> = resources.iter().filter(|resource| ApiKind::of(resource).is_some()).collect();
    if apis.is_empty() {
        return Err(TemplateError::refused(
            "Resources",
            "there is no `AWS::Serverless::Api` or `AWS::Serverless::HttpApi`",
        ));
    }
    for api in apis {
        scope.define(api.id, api.id.to_lowercase());
    }
    Ok(())
}

/// Reads the APIs in the order of their logical ids, their routes from the events of the functions.
pub(super) fn read(scope: &Scope, resources: &[Resource]) -> Result<Vec<Api>, TemplateError> {
    let mut apis = Vec::new();
    for resource in resources {
        if let Some(kind) = ApiKind::of(resource) {
            apis.push(api(scope, resource, kind, resources)?);
        }
    }
    let known: Vec<_> = apis.iter().map(|api| (api.kind, api.id.as_str())).collect();
    route::refuse_strays(scope, resources, &known)?;
    Ok(apis)
}

fn api(scope: &Scope, resource: &Resource, kind: ApiKind, resources: &[Resource]) -> Result<Api, TemplateError> {
    let properties: Properties = resource.properties(scope, &MEMBERS)?;
    let place = resource.place();
    let stage = match (properties.stage_name, kind) {
        (Some(name), _) => name,
        (None, ApiKind::Http) => "$default".to_owned(),
        (None, ApiKind::Rest) => return Err(TemplateError::refused(&place, "a REST API has a `StageName`")),
    };
    if kind == ApiKind::Http && !properties.gateway_responses.is_empty() {
        return Err(TemplateError::refused(&place, "an HTTP API has no `GatewayResponses`"));
    }
    let preflight = properties.auth.add_default_authorizer_to_cors_preflight.as_deref();
    if properties.cors.is_some() && (kind == ApiKind::Http || preflight != Some("false")) {
        let why = "`Cors` is understood of a REST API with `AddDefaultAuthorizerToCorsPreflight: false`";
        return Err(TemplateError::refused(&place, why));
    }
    let id = scope.reference(resource.id, &place)?.to_owned();
    let access = access(&properties.auth, kind, &id, &place)?;
    Ok(Api {
        kind,
        stage,
        cors: properties.cors,
        routes: route::read(scope, resources, &access)?,
        authorizer: authorizer(scope, resources, &properties.auth, kind, &place)?,
        responses: response::read(properties.gateway_responses, &place)?,
        id,
    })
}

/// Which authorizer there is and whether a route has it without saying so.
fn access(auth: &Auth, kind: ApiKind, api: &str, place: &str) -> Result<route::Access, TemplateError> {
    let authorizer = auth.authorizers.keys().next().cloned();
    if let Some(default) = auth.default_authorizer.as_ref().filter(|default| authorizer.as_ref() != Some(default)) {
        return Err(TemplateError::refused(place, format!("there is no authorizer `{default}`")));
    }
    Ok(route::Access { kind, api: api.to_owned(), authorizer, by_default: auth.default_authorizer.is_some() })
}

fn authorizer(
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
