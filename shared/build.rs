//! Converts the `OpenAPI` document from YAML, the form in which it is edited, to JSON, the form in which it is served.
//!
//! Writes `$OUT_DIR/openapi.json` without white space, because the document is part of a function's binary. Members keep
//! their order.

use std::{
    env,
    fmt::{self, Write},
    fs, io,
    path::Path,
};

use saphyr::{LoadableYamlNode, MarkedYaml, Marker, Scalar, ScanError, YamlData};

/// Relative to this package, in whose folder cargo runs the build script.
const SOURCE: &str = "../infra/openapi.yaml";

fn main() {
    println!("cargo::rerun-if-changed={SOURCE}");
    if let Err(error) = generate() {
        println!("cargo::error={}{error}", SOURCE.trim_start_matches("../"));
    }
}

/// Why the document cannot be converted. The message continues the name of the file.
enum ConvertError {
    Io(io::Error),
    OutDir(env::VarError),
    DocumentCount(usize),
    Yaml { at: Marker, reason: String },
}

impl fmt::Display for ConvertError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, ": {error}"),
            Self::OutDir(error) => write!(f, ": OUT_DIR: {error}"),
            Self::DocumentCount(count) => write!(f, ": expected one YAML document, found {count}"),
            Self::Yaml { at, reason } => write!(f, ":{}:{}: {reason}", at.line(), at.col() + 1),
        }
    }
}

impl From<io::Error> for ConvertError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<ScanError> for ConvertError {
    fn from(error: ScanError) -> Self {
        Self::Yaml { at: *error.marker(), reason: error.info().to_owned() }
    }
}

fn generate() -> Result<(), ConvertError> {
    let out_dir = env::var("OUT_DIR").map_err(ConvertError::OutDir)?;
    let json = convert(&fs::read_to_string(SOURCE)?)?;
    Ok(fs::write(Path::new(&out_dir).join("openapi.json"), json)?)
}

fn convert(yaml: &str) -> Result<String, ConvertError> {
    let documents = MarkedYaml::load_from_str(yaml)?;
    let [document] = documents.as_slice() else { return Err(ConvertError::DocumentCount(documents.len())) };
    let mut json = String::with_capacity(yaml.len());
    write_node(&mut json, document)?;
    Ok(json)
}

fn write_node(json: &mut String, node: &MarkedYaml) -> Result<(), ConvertError> {
    match &node.data {
        YamlData::Value(Scalar::Null) => json.push_str("null"),
        YamlData::Value(Scalar::Boolean(boolean)) => json.push_str(&boolean.to_string()),
        YamlData::Value(Scalar::Integer(integer)) => json.push_str(&integer.to_string()),
        YamlData::Value(Scalar::FloatingPoint(number)) if number.is_finite() => json.push_str(&number.to_string()),
        YamlData::Value(Scalar::String(text)) => write_string(json, text),
        YamlData::Sequence(items) => {
            json.push('[');
            for (index, item) in items.iter().enumerate() {
                write_separator(json, index);
                write_node(json, item)?;
            }
            json.push(']');
        }
        YamlData::Mapping(members) => {
            json.push('{');
            for (index, (name, value)) in members.iter().enumerate() {
                write_separator(json, index);
                let text = name.data.as_str().ok_or_else(|| error(name, "the name of a member must be a string"))?;
                write_string(json, text);
                json.push(':');
                write_node(json, value)?;
            }
            json.push('}');
        }
        _ => return Err(error(node, "JSON cannot represent this value")),
    }
    Ok(())
}

fn error(node: &MarkedYaml, reason: &str) -> ConvertError {
    ConvertError::Yaml { at: node.span.start, reason: reason.to_owned() }
}

fn write_separator(json: &mut String, index: usize) {
    if index > 0 {
        json.push(',');
    }
}

/// RFC 8259, section 7.
fn write_string(json: &mut String, text: &str) {
    json.push('"');
    for character in text.chars() {
        match character {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\n' => json.push_str("\\n"),
            '\0'..='\u{1f}' => {
                // Writing to a string always succeeds.
                let _ = write!(json, "\\u{:04x}", u32::from(character));
            }
            _ => json.push(character),
        }
    }
    json.push('"');
}
