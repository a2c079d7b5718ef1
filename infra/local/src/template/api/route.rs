//! Routes, which SAM keeps as events of the functions.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::ApiKind;
use crate::template::{
    TemplateError, function,
    resource::{self, Resource},
    scope::Scope,
};

/// A method and a path with the function behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The method in upper case, or `ANY`.
    pub method: String,
    /// The path without the stage, its parameters in braces: `/v1/access-tokens/{id}`.
    pub path: String,
    /// The function, by the name of its binary.
    pub function: String,
    /// Whether the authorizer decides first.
    pub authorized: bool,
}

/// What an event of an API may refer to.
pub(super) struct Access {
    /// The API's kind.
    pub(super) kind: ApiKind,
    /// The API's id.
    pub(super) api: String,
    /// The authorizer's name.
    pub(super) authorizer: Option<String>,
    /// Whether it decides about a route that says nothing of it.
    pub(super) by_default: bool,
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

/// An event of either kind of API.
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

/// An event with its place, and the function that has it.
struct Placed {
    kind: ApiKind,
    event: ApiEvent,
    function: String,
    place: String,
}

/// Reads the routes of one API from the events of all functions. No two are alike.
pub(super) fn read(scope: &Scope, resources: &[Resource], access: &Access) -> Result<Vec<Route>, TemplateError> {
    let mut routes: BTreeMap<(String, String), Route> = BTreeMap::new();
    let events = events(scope, resources)?.into_iter();
    for placed in events.filter(|placed| placed.kind == access.kind && placed.event.api_id == access.api) {
        let place = placed.place.clone();
        let route = route(placed, access)?;
        if let Some(other) = routes.insert((shape(&route.path), route.method.clone()), route) {
            return Err(TemplateError::refused(&place, format!("`{} {}` is defined twice", other.method, other.path)));
        }
    }
    Ok(routes.into_values().collect())
}

/// Refuses an event of an API that is none of `known`: nobody would serve it.
pub(super) fn refuse_strays(
    scope: &Scope,
    resources: &[Resource],
    known: &[(ApiKind, &str)],
) -> Result<(), TemplateError> {
    let is_stray = |placed: &Placed| !known.contains(&(placed.kind, placed.event.api_id.as_str()));
    match events(scope, resources)?.into_iter().find(is_stray) {
        Some(stray) => Err(TemplateError::refused(&stray.place, "it is of no API of its kind that is here")),
        None => Ok(()),
    }
}

fn events(scope: &Scope, resources: &[Resource]) -> Result<Vec<Placed>, TemplateError> {
    let mut all = Vec::new();
    for resource in function::functions(resources) {
        let Properties { events } = resource.properties(scope, &["Events"])?;
        for (name, event) in events {
            let place = format!("{}.Events.{name}", resource.place());
            let kind = match event.r#type.as_str() {
                "Api" => ApiKind::Rest,
                "HttpApi" => ApiKind::Http,
                other => {
                    return Err(TemplateError::refused(
                        &place,
                        format!("an event of type `{other}` is not understood"),
                    ));
                }
            };
            let event = resource::read(event.properties, &place)?;
            all.push(Placed { kind, event, function: scope.reference(resource.id, &place)?.to_owned(), place });
        }
    }
    Ok(all)
}

fn route(placed: Placed, access: &Access) -> Result<Route, TemplateError> {
    let Placed { event, function, place, .. } = placed;
    if !event.path.starts_with('/') || event.path.contains("+}") {
        return Err(TemplateError::refused(&place, format!("the path `{}` is not understood", event.path)));
    }
    Ok(Route {
        method: event.method.to_ascii_uppercase(),
        path: event.path,
        function,
        authorized: authorized(event.auth, access, &place)?,
    })
}

fn authorized(auth: Option<Auth>, access: &Access, place: &str) -> Result<bool, TemplateError> {
    match auth.and_then(|auth| auth.authorizer) {
        None => Ok(access.by_default),
        Some(name) if name == "NONE" => Ok(false),
        Some(name) if Some(&name) == access.authorizer.as_ref() => Ok(true),
        Some(name) => Err(TemplateError::refused(place, format!("there is no authorizer `{name}`"))),
    }
}

/// The path without the names of its parameters, which do not tell one route from another.
fn shape(path: &str) -> String {
    let segments = path.split('/').map(|segment| if segment.starts_with('{') { "{}" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}
