//! Who is measured.

use std::{collections::BTreeMap, path::PathBuf};

use axum::body::Bytes;
use serde::Serialize;
use serde_json::Value;

/// By whom it is written, or what for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// A function of this repository.
    Ours,
    /// A function that does nothing.
    Floor,
    /// One that makes the authorizer's calls and verifies a signature, and nothing else.
    Least,
    /// What a team writes in JavaScript.
    Node,
    /// What a team writes in Python.
    Python,
}

/// A function, and the event that it is given.
#[derive(Debug, Clone)]
pub struct Subject {
    /// Which function it is, or stands in for.
    pub name: &'static str,
    /// By whom.
    pub family: Family,
    /// Program and arguments.
    pub command: Vec<PathBuf>,
    /// All its variables but those of the Runtime API.
    pub environment: BTreeMap<String, String>,
    /// The event.
    pub event: Bytes,
    /// What is deployed: files and folders.
    pub ships: Vec<PathBuf>,
}

impl Subject {
    /// Whether that is a good answer to the event.
    pub fn is_content(&self, answer: &[u8]) -> bool {
        let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
        match (self.family, self.name) {
            (Family::Floor, _) => true,
            (Family::Least, _) => answer == true,
            (_, "authorizer") => answer.pointer("/policyDocument/Statement/0/Effect") == Some(&Value::from("Allow")),
            (_, "create-token") => answer["statusCode"] == 201,
            _ => answer["statusCode"] == 200,
        }
    }
}
