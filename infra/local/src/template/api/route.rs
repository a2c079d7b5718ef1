//! Routes, which SAM defines as events of the functions.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::ApiKind;
use crate::template::{
    TemplateError, function,
    resolver::Resolver,
    resource::{self, Resource},
};

/// A method and a path with the function that handles them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The method in upper case, or `ANY`.
    pub method: String,
    /// The path without the stage and with parameters in braces: `/v1/access-tokens/{id}`.
    pub path: String,
    /// The name of the function's binary.
    pub function: String,
    /// Whether the authorizer decides on each request.
    pub authorized: bool,
}

/// The API to which routes belong.
pub(super) struct RouteScope<'a> {
    pub(super) kind: ApiKind,
    /// The API's id.
    pub(super) api: &'a str,
    /// The authorizer's name.
    pub(super) authorizer: Option<&'a str>,
    /// Whether the authorizer applies to a route without an `Auth` of its own.
    pub(super) authorized_by_default: bool,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Properties {
    events: BTreeMap<String, Event>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Event {
    r#type: String,
    #[serde(default)]
    properties: Value,
}

/// The properties of an event of either kind of API.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct ApiEvent {
    #[serde(alias = "RestApiId")]
    api_id: String,
    path: String,
    method: String,
    auth: Option<Auth>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Auth {
    authorizer: Option<String>,
}

/// The definition of a route by an event of a function.
struct RouteDef {
    kind: ApiKind,
    event: ApiEvent,
    function: String,
    /// The path in the template.
    path: String,
}

/// Reads the routes of one API from the events of all functions. A route may be defined once only.
pub(super) fn read(
    resolver: &Resolver,
    resources: &[Resource],
    scope: &RouteScope,
) -> Result<Vec<Route>, TemplateError> {
    let mut routes: BTreeMap<(String, String), Route> = BTreeMap::new();
    let defs = route_defs(resolver, resources)?.into_iter();
    for def in defs.filter(|def| def.kind == scope.kind && def.event.api_id == scope.api) {
        let path = def.path.clone();
        let route = route(def, scope)?;
        if let Some(other) = routes.insert((without_names(&route.path), route.method.clone()), route) {
            return Err(TemplateError::invalid(&path, format!("`{} {}` is defined twice", other.method, other.path)));
        }
    }
    Ok(routes.into_values().collect())
}

/// Rejects an event of an API that is not one of `ids`: its route would not be served.
pub(super) fn reject_unknown_apis(
    resolver: &Resolver,
    resources: &[Resource],
    ids: &[(ApiKind, &str)],
) -> Result<(), TemplateError> {
    let is_unknown = |def: &RouteDef| !ids.contains(&(def.kind, def.event.api_id.as_str()));
    match route_defs(resolver, resources)?.into_iter().find(is_unknown) {
        Some(def) => {
            Err(TemplateError::invalid(&def.path, "the event's API is not an API of this kind in the template"))
        }
        None => Ok(()),
    }
}

fn route_defs(resolver: &Resolver, resources: &[Resource]) -> Result<Vec<RouteDef>, TemplateError> {
    let mut defs = Vec::new();
    for resource in function::functions(resources) {
        let Properties { events } = resource.properties(resolver, &["Events"])?;
        let function = resolver.reference(resource.logical_id, &resource.path())?;
        for (name, event) in events {
            let path = format!("{}.Events.{name}", resource.path());
            let kind = event.api_kind(&path)?;
            let event = resource::deserialize(event.properties, &path)?;
            defs.push(RouteDef { kind, event, function: function.to_owned(), path });
        }
    }
    Ok(defs)
}

impl Event {
    fn api_kind(&self, path: &str) -> Result<ApiKind, TemplateError> {
        match self.r#type.as_str() {
            "Api" => Ok(ApiKind::Rest),
            "HttpApi" => Ok(ApiKind::Http),
            other => Err(TemplateError::invalid(path, format!("event type `{other}` is not supported"))),
        }
    }
}

fn route(def: RouteDef, scope: &RouteScope) -> Result<Route, TemplateError> {
    let RouteDef { event, function, path, .. } = def;
    if !event.path.starts_with('/') || event.path.contains("+}") {
        return Err(TemplateError::invalid(&path, format!("the path `{}` is not supported", event.path)));
    }
    Ok(Route {
        method: event.method.to_ascii_uppercase(),
        path: event.path,
        function,
        authorized: authorized(event.auth, scope, &path)?,
    })
}

fn authorized(auth: Option<Auth>, scope: &RouteScope, path: &str) -> Result<bool, TemplateError> {
    match auth.and_then(|auth| auth.authorizer) {
        None => Ok(scope.authorized_by_default),
        Some(name) if name == "NONE" => Ok(false),
        Some(name) if scope.authorizer == Some(name.as_str()) => Ok(true),
        Some(name) => Err(TemplateError::invalid(path, format!("unknown authorizer `{name}`"))),
    }
}

/// The path without the names of its parameters, which do not distinguish routes.
fn without_names(path: &str) -> String {
    let segments = path.split('/').map(|segment| if segment.starts_with('{') { "{}" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}
