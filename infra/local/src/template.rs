//! Interprets `template.yaml`: the functions, APIs, tables and keys that the local stack builds.
//!
//! Loading is pure: text and parameter values in, a [`Template`] or an error with its path out. The intrinsic functions `Ref`,
//! `Sub`, `GetAtt`, `If`, `Equals`, `Not`, `And`, `Or`, `Join`, `Split` and `Select` are resolved. Any other one is an error, because a
//! guessed value could differ from the one on AWS.

mod api;
mod error;
mod function;
mod key;
mod parameters;
mod resolver;
mod resource;
mod substitution;
mod table;
#[cfg(test)]
mod tests;
mod yaml;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use self::resolver::Resolver;
pub use self::{
    api::{Api, ApiKind, Authorizer, Cors, GatewayResponse, Route},
    error::TemplateError,
    function::Function,
    key::Key,
    table::Table,
};

/// The values of the pseudo parameters (`AWS::Region` and so on).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PseudoParameters {
    /// The account id, twelve digits.
    pub account: String,
    /// The region, as in `us-east-1`.
    pub region: String,
    /// The stack's name, the prefix of each table's name.
    pub stack_name: String,
}

impl Default for PseudoParameters {
    fn default() -> Self {
        Self { account: "000000000000".into(), region: "us-east-1".into(), stack_name: "latchkey".into() }
    }
}

/// The resources that the local stack builds.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    /// The functions, ordered by logical id.
    pub functions: Vec<Function>,
    /// The APIs, ordered by logical id; at least one.
    pub apis: Vec<Api>,
    /// The `DynamoDB` tables.
    pub tables: Vec<Table>,
    /// The KMS keys.
    pub keys: Vec<Key>,
    /// The pseudo parameters of the resources.
    pub pseudo_parameters: PseudoParameters,
}

/// Loads the SAM template `text` with the values of `parameters`, which override the defaults.
///
/// Outputs, descriptions and resources of other types are ignored.
///
/// # Errors
///
/// See [`TemplateError`].
pub fn load(
    text: &str,
    parameters: &BTreeMap<String, String>,
    pseudo_parameters: &PseudoParameters,
) -> Result<Template, TemplateError> {
    let document = yaml::parse(text)?;
    let mut resolver = Resolver::new(pseudo_parameters);
    parameters::define(&mut resolver, section(&document, "Parameters"), parameters)?;
    resolver.define_conditions(section(&document, "Conditions"))?;
    let resources = resource::existing(&resolver, section(&document, "Resources"))?;
    let keys = key::define(&mut resolver, &resources)?;
    let tables = table::define(&mut resolver, &resources);
    function::define(&mut resolver, &resources, section(&document, "Globals"))?;
    api::define(&mut resolver, &resources)?;
    let globals = function::globals(&resolver, section(&document, "Globals"))?;
    Ok(Template {
        functions: function::read(&resolver, &resources, &globals)?,
        apis: api::read(&resolver, &resources)?,
        tables: tables.into_iter().map(|table| table::read(&resolver, table)).collect::<Result<_, _>>()?,
        keys,
        pseudo_parameters: pseudo_parameters.clone(),
    })
}

/// The members of a section of the document; `None` if the section is missing.
fn section<'a>(document: &'a Value, name: &str) -> Option<&'a Map<String, Value>> {
    document.get(name).and_then(Value::as_object)
}
