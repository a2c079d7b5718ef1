//! REST and HTTP APIs.

mod authorizer;
mod response;
mod route;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use self::authorizer::Auth;
pub use self::{authorizer::Authorizer, response::GatewayResponse, route::Route};
use super::{TemplateError, resource::Resource, scope::Scope};

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
    /// The bytes from which on a function's body is compressed; none: no body is. An HTTP API compresses nothing.
    pub minimum_compression_size: Option<u32>,
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

const MEMBERS: [&str; 5] = ["Auth", "Cors", "GatewayResponses", "MinimumCompressionSize", "StageName"];

/// The most that `MinimumCompressionSize` may be, 10 MB.
const MOST_COMPRESSION_SIZE: u32 = 10_485_760;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Properties {
    stage_name: Option<String>,
    cors: Option<Cors>,
    minimum_compression_size: Option<String>,
    #[serde(default)]
    auth: Auth,
    #[serde(default)]
    gateway_responses: BTreeMap<String, Value>,
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
    let access = authorizer::access(&properties.auth, kind, &id, &place)?;
    Ok(Api {
        kind,
        stage,
        cors: properties.cors,
        minimum_compression_size: compression(properties.minimum_compression_size.as_deref(), kind, &place)?,
        routes: route::read(scope, resources, &access)?,
        authorizer: authorizer::read(scope, resources, &properties.auth, kind, &place)?,
        responses: response::read(properties.gateway_responses, &place)?,
        id,
    })
}

/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gzip-compression-decompression.html>
fn compression(size: Option<&str>, kind: ApiKind, place: &str) -> Result<Option<u32>, TemplateError> {
    let Some(size) = size else { return Ok(None) };
    let number = size.parse().ok().filter(|number| kind == ApiKind::Rest && *number <= MOST_COMPRESSION_SIZE);
    let why = format!("`MinimumCompressionSize` is 0 to {MOST_COMPRESSION_SIZE}, of a REST API");
    number.map(Some).ok_or_else(|| TemplateError::refused(place, why))
}
