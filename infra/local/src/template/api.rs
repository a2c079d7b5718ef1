//! The REST API.

mod response;
mod route;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

pub use self::{response::GatewayResponse, route::Route};
use super::{TemplateError, function, resource::Resource, scope::Scope};

/// The REST API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Api {
    /// The stage, which stands before every path of the API's own address.
    pub stage: String,
    /// The API's id, always the same.
    pub id: String,
    /// The one authorizer, if the API has one.
    pub authorizer: Option<Authorizer>,
    /// The gateway responses by their types, as in `ACCESS_DENIED`.
    pub responses: BTreeMap<String, GatewayResponse>,
    /// The routes.
    pub routes: Vec<Route>,
}

/// A request authorizer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorizer {
    /// The function that decides, by the name of its binary.
    pub function: String,
    /// The headers without which it is not even asked.
    pub identity_headers: Vec<String>,
}

const ID: &str = "local";
const MEMBERS: [&str; 3] = ["Auth", "GatewayResponses", "StageName"];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Properties {
    stage_name: String,
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
    authorizers: BTreeMap<String, RequestAuthorizer>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct RequestAuthorizer {
    function_arn: String,
    function_payload_type: String,
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

/// Gives the API its id.
pub(super) fn define(scope: &mut Scope, resources: &[Resource]) -> Result<(), TemplateError> {
    scope.define(the_api(resources)?.id, ID.to_owned());
    Ok(())
}

fn the_api<'a, 'b>(resources: &'b [Resource<'a>]) -> Result<&'b Resource<'a>, TemplateError> {
    let apis: Vec<_> = resources.iter().filter(|resource| resource.kind == "AWS::Serverless::Api").collect();
    match apis.as_slice() {
        [api] => Ok(api),
        _ => Err(TemplateError::refused("Resources", "there is to be one `AWS::Serverless::Api`")),
    }
}

/// Reads the API, its routes from the events of the functions.
pub(super) fn read(scope: &Scope, resources: &[Resource]) -> Result<Api, TemplateError> {
    let resource = the_api(resources)?;
    let properties: Properties = resource.properties(scope, &MEMBERS)?;
    let place = resource.place();
    Ok(Api {
        stage: properties.stage_name,
        id: ID.to_owned(),
        routes: route::read(scope, resources, &access(&properties.auth, &place)?)?,
        authorizer: authorizer(scope, resources, &properties.auth, &place)?,
        responses: response::read(properties.gateway_responses, &place)?,
    })
}

/// Which authorizer there is and whether a route has it without saying so.
fn access(auth: &Auth, place: &str) -> Result<route::Access, TemplateError> {
    let authorizer = auth.authorizers.keys().next().cloned();
    if let Some(default) = auth.default_authorizer.as_ref().filter(|default| authorizer.as_ref() != Some(default)) {
        return Err(TemplateError::refused(place, format!("there is no authorizer `{default}`")));
    }
    Ok(route::Access { api: ID, authorizer, by_default: auth.default_authorizer.is_some() })
}

fn authorizer(
    scope: &Scope,
    resources: &[Resource],
    auth: &Auth,
    place: &str,
) -> Result<Option<Authorizer>, TemplateError> {
    let authorizers: Vec<_> = auth.authorizers.values().collect();
    match authorizers.as_slice() {
        [] => Ok(None),
        [one] if one.function_payload_type == "REQUEST" => {
            let function = function_of(scope, resources, &one.function_arn, place)?;
            Ok(Some(Authorizer { function, identity_headers: one.identity.headers.clone() }))
        }
        [_] => Err(TemplateError::refused(place, "an authorizer has a `FunctionPayloadType` of REQUEST")),
        _ => Err(TemplateError::refused(place, "there is to be one authorizer at most")),
    }
}

fn function_of(scope: &Scope, resources: &[Resource], arn: &str, place: &str) -> Result<String, TemplateError> {
    let mut functions = function::functions(resources);
    let has_arn = |id: &str| scope.attribute(&format!("{id}.Arn"), place).is_ok_and(|own| own == arn);
    match functions.find(|function| has_arn(function.id)) {
        Some(function) => scope.reference(function.id, place).map(str::to_owned),
        None => Err(TemplateError::refused(place, format!("no function has the ARN `{arn}`"))),
    }
}
