//! Checks HTTP responses against the `OpenAPI` document: status, headers and body.

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock, Mutex},
};

use jsonschema::Validator;
use serde_json::{Value, json};
use shared::well_known::openapi::OPENAPI;

/// The `OpenAPI` document as it is served.
#[expect(clippy::expect_used, reason = "the build script of `shared` writes the document as JSON")]
pub static DOCUMENT: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(OPENAPI).expect("the document is JSON"));

/// Compiled validators by schema, because compiling a schema takes longer than applying it.
static VALIDATORS: LazyLock<Mutex<BTreeMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);

/// A received response and the request that it belongs to.
pub struct ReceivedResponse<'a> {
    /// The method of the request.
    pub method: &'a str,
    /// The path of the request without a stage, with the query if there is one.
    pub path: &'a str,
    /// The HTTP status.
    pub status: u16,
    /// The headers, with lowercase names.
    pub headers: &'a BTreeMap<String, String>,
    /// The body.
    pub body: &'a str,
}

/// Each operation of the document as path template, lowercase method and operation object.
pub fn operations() -> impl Iterator<Item = (&'static str, &'static str, &'static Value)> {
    let paths = DOCUMENT["paths"].as_object().into_iter().flatten();
    paths.flat_map(|(path, item)| {
        let operations = item.as_object().into_iter().flatten().filter(|(_, member)| member.is_object());
        operations.map(|(method, operation)| (path.as_str(), method.as_str(), operation))
    })
}

impl ReceivedResponse<'_> {
    /// Checks status, headers and body against the operation of the request.
    ///
    /// # Errors
    ///
    /// Returns a message with the request, the first deviation and the body.
    pub fn check(&self) -> Result<(), String> {
        let message = |error: String| format!("{} {}, {}: {error}: {}", self.method, self.path, self.status, self.body);
        let Some(operation) = self.operation() else { return self.check_unrouted().map_err(message) };
        let response = operation["responses"].get(self.status.to_string()).map(resolve);
        let response = response.ok_or_else(|| message("the document does not define the status".to_owned()))?;
        self.check_headers(response).and_then(|()| self.check_body(response)).map_err(message)
    }

    /// The operation of the request. A path without parameters takes precedence over a template.
    fn operation(&self) -> Option<&'static Value> {
        let path = self.path.split('?').next().unwrap_or_default();
        let mut found: Vec<_> = operations()
            .filter(|(template, method, _)| {
                method.eq_ignore_ascii_case(self.method) && matches_template(template, path)
            })
            .collect();
        found.sort_by_key(|(template, ..)| template.contains('{'));
        found.first().map(|(.., operation)| *operation)
    }

    fn check_unrouted(&self) -> Result<(), String> {
        if self.status != 404 {
            return Err("a path without a route must return 404".to_owned());
        }
        if self.is_head() {
            return self.check_no_body();
        }
        validate(
            &json!({"$ref": "#/components/responses/NotFound/content/application~1problem+json/schema"}),
            &self.json()?,
        )
    }

    fn check_headers(&self, response: &'static Value) -> Result<(), String> {
        for (name, header) in response["headers"].as_object().into_iter().flatten() {
            let header = resolve(header);
            match self.headers.get(&name.to_lowercase()) {
                None if header["required"] == true => return Err(format!("header `{name}` is missing")),
                None => {}
                Some(value) => validate(&header["schema"], &header_value(value, &header["schema"]))
                    .map_err(|error| format!("header `{name}`: {error}"))?,
            }
        }
        Ok(())
    }

    fn check_body(&self, response: &'static Value) -> Result<(), String> {
        if self.is_head() {
            return self.check_no_body();
        }
        let media_type = self.headers.get("content-type").map_or("", String::as_str);
        let content = response["content"].get(media_type);
        let content = content.ok_or_else(|| format!("the document does not define the media type `{media_type}`"))?;
        validate(&content["schema"], &self.json()?)
    }

    fn is_head(&self) -> bool {
        self.method.eq_ignore_ascii_case("HEAD")
    }

    /// The check of a response to `HEAD` (RFC 9110, section 9.3.2).
    fn check_no_body(&self) -> Result<(), String> {
        if self.body.is_empty() { Ok(()) } else { Err("the response to HEAD has a body".to_owned()) }
    }

    fn json(&self) -> Result<Value, String> {
        serde_json::from_str(self.body).map_err(|error| error.to_string())
    }
}

/// Whether `path` matches the path template. A parameter matches one nonempty segment.
fn matches_template(template: &str, path: &str) -> bool {
    let template: Vec<_> = template.split('/').collect();
    let path: Vec<_> = path.split('/').collect();
    let same = |(part, segment): (&&str, &&str)| part == segment || part.starts_with('{') && !segment.is_empty();
    template.len() == path.len() && template.iter().zip(&path).all(same)
}

/// Follows a `$ref` within the document. Returns any other value unchanged.
#[must_use]
pub fn resolve(value: &'static Value) -> &'static Value {
    match value.get("$ref").and_then(Value::as_str) {
        Some(reference) => DOCUMENT.pointer(reference.trim_start_matches('#')).unwrap_or(&Value::Null),
        None => value,
    }
}

/// The header as a number if `schema` is an integer, otherwise as a string.
fn header_value(text: &str, schema: &Value) -> Value {
    let number = (schema["type"] == "integer").then(|| text.parse::<u64>().ok()).flatten();
    number.map_or_else(|| text.into(), Value::from)
}

fn validate(schema: &Value, value: &Value) -> Result<(), String> {
    let compiled = VALIDATORS.lock().map_err(|error| error.to_string())?.get(&schema.to_string()).cloned();
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
    VALIDATORS.lock().map_err(|error| error.to_string())?.insert(schema.to_string(), validator.clone());
    Ok(validator)
}
