//! `template.yaml` as plain data: which functions, routes, tables and keys there are.
//!
//! Reading is pure: text and parameter values in, a [`Template`] out, or the sentence that says what is not understood and
//! where it stands. The intrinsic functions `Ref`, `Sub`, `GetAtt`, `If`, `Equals`, `Not` and `Join` are resolved; every
//! other one is refused, because to guess its value would be to run something else than what AWS runs.

mod api;
mod error;
mod function;
mod key;
mod parameters;
mod resource;
mod scope;
mod substitution;
mod table;
mod yaml;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

pub(crate) use self::key::uuid;
pub use self::{
    api::{Api, ApiKind, Authorizer, Cors, GatewayResponse, Route},
    error::TemplateError,
    function::{Effect, Function, Statement},
    key::Key,
    table::Table,
};
use self::{resource::Resource, scope::Scope};

/// Where the template is played: what the pseudo parameters (`AWS::Region` and the like) stand for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct World {
    /// The account's twelve digits.
    pub account: String,
    /// The region's name, `us-east-1` for example.
    pub region: String,
    /// The stack's name, which stands before the name of every table.
    pub stack: String,
}

impl Default for World {
    fn default() -> Self {
        Self { account: "000000000000".into(), region: "us-east-1".into(), stack: "latchkey".into() }
    }
}

/// What the local stack builds.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    /// The functions, in the order of their logical ids.
    pub functions: Vec<Function>,
    /// The APIs with their routes, in the order of their logical ids; there is one at least.
    pub apis: Vec<Api>,
    /// The `DynamoDB` tables.
    pub tables: Vec<Table>,
    /// The KMS keys.
    pub keys: Vec<Key>,
    /// Where all of it stands.
    pub world: World,
}

/// Reads the SAM template `text`, with a value from `parameters` for each parameter that has no default, played in `world`.
///
/// Only what the local stack builds is looked at: outputs, descriptions and resources of other types may hold anything.
///
/// # Errors
///
/// Says what is missing, not allowed or not understood, and where: see [`TemplateError`].
pub fn load(text: &str, parameters: &BTreeMap<String, String>, world: &World) -> Result<Template, TemplateError> {
    let document = yaml::parse(text)?;
    let mut scope = Scope::new(world);
    parameters::define(&mut scope, section(&document, "Parameters"), parameters)?;
    scope.define_conditions(section(&document, "Conditions"))?;
    let resources = resource::existing(&scope, section(&document, "Resources"))?;
    let keys = key::define(&mut scope, &resources)?;
    let tables = table::define(&mut scope, &resources);
    function::define(&mut scope, &resources)?;
    api::define(&mut scope, &resources)?;
    build(&document, &scope, &resources, keys, tables)
}

fn build(
    document: &Value,
    scope: &Scope,
    resources: &[Resource],
    keys: Vec<Key>,
    tables: Vec<&Resource>,
) -> Result<Template, TemplateError> {
    let globals = function::globals(scope, section(document, "Globals"))?;
    Ok(Template {
        functions: function::read(scope, resources, &globals)?,
        apis: api::read(scope, resources)?,
        tables: tables.into_iter().map(|table| table::read(scope, table)).collect::<Result<_, _>>()?,
        keys,
        world: scope.world().clone(),
    })
}

/// The members of a section of the document; none if it has no such section.
fn section<'a>(document: &'a Value, name: &str) -> Option<&'a Map<String, Value>> {
    document.get(name).and_then(Value::as_object)
}

#[cfg(test)]
mod tests;
