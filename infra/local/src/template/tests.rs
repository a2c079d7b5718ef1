mod monitoring;
mod repository_template;
mod small_template;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    time::Duration,
};

use serde_json::{Value, json};

use super::*;

/// The text of this repository's template.
fn repository_text() -> String {
    fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../template.yaml")).unwrap()
}

/// This repository's template with these parameters and a base URL.
fn repository_template(parameters: &[(&str, &str)]) -> Template {
    let parameters = parameters.iter().chain(&[("PublicUrl", "http://localhost:3000")]);
    let parameters = parameters.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    load(&repository_text(), &parameters, &PseudoParameters::default()).unwrap()
}

/// Loads a template without parameters.
fn load_text(text: &str) -> Result<Template, TemplateError> {
    load(text, &BTreeMap::new(), &PseudoParameters::default())
}

fn error_message(result: Result<Template, TemplateError>) -> String {
    result.unwrap_err().to_string()
}
