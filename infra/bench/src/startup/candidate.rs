//! A function that is measured.

use std::{collections::BTreeMap, path::PathBuf};

use axum::body::Bytes;
use serde_json::Value;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    Latchkey,
    SdkOnly,
    Noop,
    Node,
    Python,
}

/// A function and the event with which it is invoked.
#[derive(Debug, Clone)]
pub struct Candidate {
    pub name: &'static str,
    pub family: Family,
    pub command: Vec<PathBuf>,
    /// The whole environment except the Runtime API's variables.
    pub environment: BTreeMap<String, String>,
    pub event: Bytes,
    pub package: Vec<PathBuf>,
}

impl Candidate {
    /// Whether the response is the expected success.
    pub fn is_success(&self, response: &[u8]) -> bool {
        let response: Value = serde_json::from_slice(response).unwrap_or_default();
        match (self.family, self.name) {
            (Family::Noop, _) => true,
            (Family::SdkOnly, _) => response == true,
            (_, "authorizer") => response.pointer("/policyDocument/Statement/0/Effect") == Some(&Value::from("Allow")),
            (_, "create-token") => response["statusCode"] == 201,
            _ => response["statusCode"] == 200,
        }
    }

    pub fn label(&self) -> String {
        match self.family {
            Family::Latchkey => format!("**{}**", self.name),
            Family::SdkOnly | Family::Noop => format!("baseline `{}`", self.name),
            Family::Node => format!("{}, Node.js", self.name),
            Family::Python => format!("{}, Python", self.name),
        }
    }
}
