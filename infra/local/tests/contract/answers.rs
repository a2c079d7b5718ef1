//! Holds an answer against the document: its status, its headers and its body.

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock, Mutex},
};

use jsonschema::Validator;
use serde_json::{Value, json};
use shared::publish::openapi::OPENAPI;

/// The document, as it is served.
pub static DOCUMENT: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(OPENAPI).expect("the document is JSON"));

/// To compile a schema takes longer than to use it.
static COMPILED: LazyLock<Mutex<BTreeMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);

/// An answer to a request.
pub struct Answered<'a> {
    /// The request's method.
    pub method: &'a str,
    /// The path without a stage, and perhaps a query.
    pub path: &'a str,
    /// The status.
    pub status: u16,
    /// The headers, by their names in lower case.
    pub headers: &'a BTreeMap<String, String>,
    /// The body.
    pub body: &'a str,
}

/// Each operation of the document, with its path and its method in lower case.
pub fn operations() -> impl Iterator<Item = (&'static str, &'static str, &'static Value)> {
    let paths = DOCUMENT["paths"].as_object().into_iter().flatten();
    paths.flat_map(|(path, item)| {
        let operations = item.as_object().into_iter().flatten().filter(|(_, member)| member.is_object());
        operations.map(|(method, operation)| (path.as_str(), method.as_str(), operation))
    })
}

impl Answered<'_> {
    /// Whether the document foresees this answer, in its status, its headers and its body.
    ///
    /// # Errors
    ///
    /// What it does not foresee, in a sentence.
    pub fn check(&self) -> Result<(), String> {
        let told = |what: String| format!("{} {}, {}: {what}: {}", self.method, self.path, self.status, self.body);
        let Some(operation) = self.operation() else { return self.check_no_route().map_err(told) };
        let described = operation["responses"].get(self.status.to_string()).map(resolve);
        let described = described.ok_or_else(|| told("the status is not in the contract".to_owned()))?;
        self.check_headers(described).and_then(|()| self.check_body(described)).map_err(told)
    }

    /// The operation behind the path. A path without parameters goes before one with them.
    fn operation(&self) -> Option<&'static Value> {
        let path = self.path.split('?').next().unwrap_or_default();
        let mut found: Vec<_> = operations()
            .filter(|(template, method, _)| method.eq_ignore_ascii_case(self.method) && fits(template, path))
            .collect();
        found.sort_by_key(|(template, ..)| template.contains('{'));
        found.first().map(|(.., operation)| *operation)
    }

    fn check_no_route(&self) -> Result<(), String> {
        if self.status != 404 {
            return Err("what is no route is not found".to_owned());
        }
        conforms(
            &json!({"$ref": "#/components/responses/NotFound/content/application~1problem+json/schema"}),
            &self.json()?,
        )
    }

    fn check_headers(&self, described: &'static Value) -> Result<(), String> {
        for (name, header) in described["headers"].as_object().into_iter().flatten() {
            let header = resolve(header);
            match self.headers.get(&name.to_lowercase()) {
                None if header["required"] == true => return Err(format!("the header {name} is missing")),
                None => {}
                Some(value) => conforms(&header["schema"], &typed(value, &header["schema"]))
                    .map_err(|error| format!("the header {name}: {error}"))?,
            }
        }
        Ok(())
    }

    fn check_body(&self, described: &'static Value) -> Result<(), String> {
        let media_type = self.headers.get("content-type").map_or("", String::as_str);
        let content = described["content"].get(media_type);
        let content = content.ok_or_else(|| format!("the media type `{media_type}` is not in the contract"))?;
        conforms(&content["schema"], &self.json()?)
    }

    fn json(&self) -> Result<Value, String> {
        serde_json::from_str(self.body).map_err(|error| error.to_string())
    }
}

/// Whether `path` is one of those that `template` stands for.
fn fits(template: &str, path: &str) -> bool {
    let (template, path): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
    let same = |(part, segment): (&&str, &&str)| part == segment || part.starts_with('{') && !segment.is_empty();
    template.len() == path.len() && template.iter().zip(&path).all(same)
}

/// What a reference within the document refers to.
fn resolve(value: &'static Value) -> &'static Value {
    match value.get("$ref").and_then(Value::as_str) {
        Some(reference) => DOCUMENT.pointer(reference.trim_start_matches('#')).unwrap_or(&Value::Null),
        None => value,
    }
}

/// A header's value is text, whatever its schema makes of it.
fn typed(value: &str, schema: &Value) -> Value {
    let number = (schema["type"] == "integer").then(|| value.parse::<u64>().ok()).flatten();
    number.map_or_else(|| value.into(), Value::from)
}

fn conforms(schema: &Value, value: &Value) -> Result<(), String> {
    let compiled = COMPILED.lock().map_err(|error| error.to_string())?.get(&schema.to_string()).cloned();
    let validator = compiled.map_or_else(|| compile(schema), Ok)?;
    validator.validate(value).map_err(|error| format!("at `{}`: {error}", error.instance_path()))
}

fn compile(schema: &Value) -> Result<Arc<Validator>, String> {
    let root = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "components": DOCUMENT["components"],
        "allOf": [schema],
    });
    let validator = jsonschema::options().should_validate_formats(true).build(&root);
    let validator = Arc::new(validator.map_err(|error| error.to_string())?);
    COMPILED.lock().map_err(|error| error.to_string())?.insert(schema.to_string(), validator.clone());
    Ok(validator)
}
