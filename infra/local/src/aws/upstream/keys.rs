//! The stack's keys in an upstream KMS, which chooses their ids.
//!
//! The stack names a key by the id and ARN of the template. Requests and responses are translated, and a file maps the
//! template's ARNs to the upstream ones.

use std::{collections::BTreeMap, path::PathBuf};

use axum::{
    body::{Body, Bytes, to_bytes},
    response::Response,
};
use serde_json::{Value, json};

use super::upstream_error;
use crate::{
    aws::{AwsError, KeyDefinition, request::AwsRequest, service_client::ServiceClient},
    private_file,
};

/// Above the length of any response of KMS.
const MAX_RESPONSE_BYTES: usize = 1024 * 1024;

/// An upstream KMS and the names of its keys.
pub(in crate::aws) struct UpstreamKms {
    client: ServiceClient,
    names: Vec<KeyName>,
}

/// An id or an ARN of a key.
struct KeyName {
    local: String,
    upstream: String,
}

impl UpstreamKms {
    /// Creates those of `keys` that do not exist. The file at `path` stores the ARNs of the existing ones.
    ///
    /// # Errors
    ///
    /// Returns [`AwsError::Upstream`] for an error of the service, another error if the file cannot be read or written.
    pub(in crate::aws) async fn open(
        client: ServiceClient,
        path: Option<PathBuf>,
        keys: &[KeyDefinition],
    ) -> Result<Self, AwsError> {
        let contents = path.as_deref().map(private_file::read).transpose()?.flatten();
        let mut upstream_arns: BTreeMap<String, String> =
            contents.map(|text| serde_json::from_slice(&text)).transpose()?.unwrap_or_default();
        let mut names = Vec::new();
        for key in keys {
            let upstream_arn = match upstream_arns.get(&key.arn) {
                Some(arn) if exists(&client, arn).await? => arn.clone(),
                _ => {
                    let arn = create(&client, key).await?;
                    upstream_arns.insert(key.arn.clone(), arn.clone());
                    if let Some(path) = &path {
                        private_file::write(path, &serde_json::to_vec_pretty(&upstream_arns)?)?;
                    }
                    arn
                }
            };
            let upstream_id = upstream_arn.rsplit('/').next().unwrap_or_default().to_owned();
            names.push(KeyName { local: key.id.clone(), upstream: upstream_id });
            names.push(KeyName { local: key.arn.clone(), upstream: upstream_arn });
        }
        Ok(Self { client, names })
    }

    /// Forwards a request with the upstream names, and returns the response with the local ones.
    pub(in crate::aws) async fn respond(&self, request: &AwsRequest) -> Response {
        let body = self.translate(&request.body, |name| (&name.local, &name.upstream));
        let (parts, body) = self.client.forward(request, body).await.into_parts();
        let body = to_bytes(body, MAX_RESPONSE_BYTES).await.unwrap_or_default();
        Response::from_parts(parts, Body::from(self.translate(&body, |name| (&name.upstream, &name.local))))
    }

    /// Replaces each JSON string that is exactly a key's name. A body that is not JSON is unchanged.
    fn translate(&self, body: &Bytes, direction: fn(&KeyName) -> (&String, &String)) -> Bytes {
        let Ok(mut json) = serde_json::from_slice::<Value>(body) else { return body.clone() };
        let names: Vec<_> = self.names.iter().map(direction).collect();
        replace(&mut json, &names);
        json.to_string().into()
    }
}

fn replace(json: &mut Value, names: &[(&String, &String)]) {
    match json {
        Value::String(text) => {
            if let Some((_, replacement)) = names.iter().find(|(original, _)| *original == text) {
                text.clone_from(replacement);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, names)),
        Value::Object(members) => members.values_mut().for_each(|member| replace(member, names)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Whether the key exists. A restarted emulator may have lost it.
async fn exists(client: &ServiceClient, arn: &str) -> Result<bool, AwsError> {
    match client.call("DescribeKey", &json!({ "KeyId": arn })).await {
        Ok(_) => Ok(true),
        Err(error) if error.name == "NotFoundException" => Ok(false),
        Err(error) => Err(upstream_error(client, &error)),
    }
}

/// Creates a key of the same type and returns its ARN.
async fn create(client: &ServiceClient, key: &KeyDefinition) -> Result<String, AwsError> {
    let body = json!({ "KeySpec": key.key_type, "KeyUsage": "SIGN_VERIFY" });
    let response = client.call("CreateKey", &body).await.map_err(|error| upstream_error(client, &error))?;
    let arn = response["KeyMetadata"]["Arn"].as_str().ok_or_else(|| AwsError::Key(key.id.clone()))?;
    Ok(arn.to_owned())
}
