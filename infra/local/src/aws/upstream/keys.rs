//! The keys of a stack in a KMS of somebody else's, which chooses their ids.
//!
//! The stack goes on to name a key by the ARN that it has in the template: requests and answers are translated, and which key
//! is whose is kept in a file.

use std::{collections::BTreeMap, path::PathBuf};

use axum::{
    body::{Body, Bytes, to_bytes},
    response::Response,
};
use serde_json::{Value, json};

use super::unusable;
use crate::aws::{AwsError, KeySpec, forward::Forward, private_file, request::ApiRequest};

/// More than any answer of KMS has, in bytes.
const LARGEST_ANSWER: usize = 1024 * 1024;

/// KMS elsewhere, with the names that its keys have here.
pub(in crate::aws) struct UpstreamKms {
    forward: Forward,
    /// Ids and ARNs: those here, and those there.
    names: Vec<(String, String)>,
}

impl UpstreamKms {
    /// Makes those of `keys` that are not there. The file at `path` keeps which ones are.
    ///
    /// # Errors
    ///
    /// [`AwsError::Upstream`], or when the file cannot be read or written.
    pub(in crate::aws) async fn open(
        forward: Forward,
        path: Option<PathBuf>,
        keys: &[KeySpec],
    ) -> Result<Self, AwsError> {
        let contents = path.as_deref().map(private_file::read).transpose()?.flatten();
        let mut kept: BTreeMap<String, String> =
            contents.map(|text| serde_json::from_slice(&text)).transpose()?.unwrap_or_default();
        for key in keys {
            if !exists(&forward, kept.get(&key.arn)).await? {
                kept.insert(key.arn.clone(), create(&forward, key).await?);
                if let Some(path) = &path {
                    private_file::write(path, &serde_json::to_vec_pretty(&kept)?)?;
                }
            }
        }
        let names = keys.iter().filter_map(|key| Some((key, kept.get(&key.arn)?)));
        Ok(Self { forward, names: names.flat_map(|(key, there)| pairs(key, there)).collect() })
    }

    /// Sends a request on and gives the answer, each with the names that its reader knows.
    pub(in crate::aws) async fn answer(&self, request: &ApiRequest) -> Response {
        let body = self.translated(&request.body, |(here, there)| (here, there));
        let (parts, body) = self.forward.answer(request, body).await.into_parts();
        let body = to_bytes(body, LARGEST_ANSWER).await.unwrap_or_default();
        Response::from_parts(parts, Body::from(self.translated(&body, |(here, there)| (there, here))))
    }

    /// The JSON text `body` with every name replaced that stands for itself; what is no JSON stays as it is.
    fn translated(&self, body: &Bytes, direction: fn(&(String, String)) -> (&String, &String)) -> Bytes {
        let Ok(mut json) = serde_json::from_slice::<Value>(body) else { return body.clone() };
        let names: Vec<_> = self.names.iter().map(direction).collect();
        replace(&mut json, &names);
        json.to_string().into()
    }
}

/// The id and the ARN of a key, here and there.
fn pairs(key: &KeySpec, there: &str) -> [(String, String); 2] {
    let id = there.rsplit('/').next().unwrap_or_default();
    [(key.arn.clone(), there.to_owned()), (key.id.clone(), id.to_owned())]
}

fn replace(json: &mut Value, names: &[(&String, &String)]) {
    match json {
        Value::String(text) => {
            if let Some((_, name)) = names.iter().find(|(from, _)| *from == text) {
                text.clone_from(name);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, names)),
        Value::Object(members) => members.values_mut().for_each(|member| replace(member, names)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Whether the key is there. An emulator that was started anew may have forgotten it.
async fn exists(forward: &Forward, arn: Option<&String>) -> Result<bool, AwsError> {
    let Some(arn) = arn else { return Ok(false) };
    match forward.call("DescribeKey", &json!({ "KeyId": arn })).await {
        Ok(_) => Ok(true),
        Err(error) if error.name == "NotFoundException" => Ok(false),
        Err(error) => Err(unusable(forward, &error)),
    }
}

/// Makes a key like `key` and gives its ARN.
async fn create(forward: &Forward, key: &KeySpec) -> Result<String, AwsError> {
    let body = json!({ "KeySpec": key.spec, "KeyUsage": "SIGN_VERIFY" });
    let answer = forward.call("CreateKey", &body).await.map_err(|error| unusable(forward, &error))?;
    let arn = answer["KeyMetadata"]["Arn"].as_str().ok_or_else(|| AwsError::Key(key.id.clone()))?;
    Ok(arn.to_owned())
}
