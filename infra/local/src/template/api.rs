//! REST and HTTP APIs.

mod authorizer;
mod response;
mod route;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use self::{authorizer::Auth, route::RouteScope};
pub use self::{authorizer::Authorizer, response::GatewayResponse, route::Route};
use super::{TemplateError, resolver::Resolver, resource::Resource};

/// An API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Api {
    /// The kind.
    pub kind: ApiKind,
    /// The stage, the first segment of every path on the API's own domain, except for an HTTP API's `$default`.
    pub stage: String,
    /// The API's id, derived from the logical id.
    pub id: String,
    /// The authorizer.
    pub authorizer: Option<Authorizer>,
    /// The gateway responses by their types, as in `ACCESS_DENIED`. An HTTP API has none.
    pub responses: BTreeMap<String, GatewayResponse>,
    /// The response to preflight requests for the paths of the routes; `None` sends none.
    pub cors: Option<Cors>,
    /// The smallest response body to compress, in bytes; `None` disables compression. An HTTP API has none.
    pub minimum_compression_size: Option<u32>,
    /// The routes.
    pub routes: Vec<Route>,
}

/// The property `Cors`, from which SAM creates an `OPTIONS` method without an authorizer for every path.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub struct Cors {
    /// `Access-Control-Allow-Origin`, in single quotes as a static value; the others as well.
    pub allow_origin: String,
    /// `Access-Control-Allow-Methods`.
    pub allow_methods: String,
    /// `Access-Control-Allow-Headers`.
    pub allow_headers: String,
    /// `Access-Control-Max-Age`, in seconds.
    pub max_age: String,
}

/// The kind of an API, on which the events and the authorizer's response depend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApiKind {
    /// A REST API, `AWS::Serverless::Api`: payload format 1.0 without a version, authorizer response with an IAM policy.
    Rest,
    /// An HTTP API, `AWS::Serverless::HttpApi`: payload format 2.0, simple authorizer response.
    Http,
}

const PROPERTIES: [&str; 5] = ["Auth", "Cors", "GatewayResponses", "MinimumCompressionSize", "StageName"];

/// Largest value of `MinimumCompressionSize`, in bytes.
const MAX_MINIMUM_COMPRESSION_SIZE: u32 = 10 * 1024 * 1024;

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
        match resource.type_name {
            "AWS::Serverless::Api" => Some(Self::Rest),
            "AWS::Serverless::HttpApi" => Some(Self::Http),
            _ => None,
        }
    }
}

/// Defines the id of each API: its logical id in lower case.
pub(super) fn define(resolver: &mut Resolver, resources: &[Resource]) -> Result<(), TemplateError> {
    let apis: Vec<_> = resources.iter().filter(|resource| ApiKind::of(resource).is_some()).collect();
    if apis.is_empty() {
        let problem = "the template must have an `AWS::Serverless::Api` or `AWS::Serverless::HttpApi`";
        return Err(TemplateError::invalid("Resources", problem));
    }
    for api in apis {
        resolver.define(api.logical_id, api.logical_id.to_lowercase());
    }
    Ok(())
}

/// Reads the APIs in the order of their logical ids, with their routes from the events of the functions.
pub(super) fn read(resolver: &Resolver, resources: &[Resource]) -> Result<Vec<Api>, TemplateError> {
    let mut apis = Vec::new();
    for resource in resources {
        if let Some(kind) = ApiKind::of(resource) {
            apis.push(api(resolver, resource, kind, resources)?);
        }
    }
    let ids: Vec<_> = apis.iter().map(|api| (api.kind, api.id.as_str())).collect();
    route::reject_unknown_apis(resolver, resources, &ids)?;
    Ok(apis)
}

fn api(resolver: &Resolver, resource: &Resource, kind: ApiKind, resources: &[Resource]) -> Result<Api, TemplateError> {
    let properties: Properties = resource.properties(resolver, &PROPERTIES)?;
    let path = resource.path();
    let stage = match (properties.stage_name, kind) {
        (Some(name), _) => name,
        (None, ApiKind::Http) => "$default".to_owned(),
        (None, ApiKind::Rest) => return Err(TemplateError::invalid(&path, "a REST API must have a `StageName`")),
    };
    if kind == ApiKind::Http && !properties.gateway_responses.is_empty() {
        return Err(TemplateError::invalid(&path, "an HTTP API cannot have `GatewayResponses`"));
    }
    if properties.cors.is_some() && (kind == ApiKind::Http || properties.auth.authorizes_preflight()) {
        let problem = "`Cors` is supported for a REST API with `AddDefaultAuthorizerToCorsPreflight: false`";
        return Err(TemplateError::invalid(&path, problem));
    }
    let id = resolver.reference(resource.logical_id, &path)?.to_owned();
    let scope = RouteScope {
        kind,
        api: &id,
        authorizer: properties.auth.name(),
        authorized_by_default: properties.auth.is_default(&path)?,
    };
    Ok(Api {
        kind,
        stage,
        cors: properties.cors,
        minimum_compression_size: compression_size(properties.minimum_compression_size.as_deref(), kind, &path)?,
        routes: route::read(resolver, resources, &scope)?,
        authorizer: authorizer::read(resolver, resources, &properties.auth, kind, &path)?,
        responses: response::read(properties.gateway_responses, &path)?,
        id,
    })
}

/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gzip-compression-decompression.html>
fn compression_size(size: Option<&str>, kind: ApiKind, path: &str) -> Result<Option<u32>, TemplateError> {
    let Some(size) = size else { return Ok(None) };
    let bytes = size.parse().ok().filter(|bytes| kind == ApiKind::Rest && *bytes <= MAX_MINIMUM_COMPRESSION_SIZE);
    bytes.map(Some).ok_or_else(|| {
        let problem = format!("`MinimumCompressionSize` must be 0 to {MAX_MINIMUM_COMPRESSION_SIZE}, of a REST API");
        TemplateError::invalid(path, problem)
    })
}
