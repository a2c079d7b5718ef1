//! A request to `DynamoDB` or KMS: its operation, the resources it names and its condition keys.

mod condition_context;

use axum::{body::Bytes, http::request::Parts};
use serde_json::Value;

use super::Service;
use crate::iam::ConditionContext;

/// A request in the JSON protocols 1.0 and 1.1, where the header `X-Amz-Target` names the operation.
#[derive(Debug, Clone)]
pub(super) struct AwsRequest {
    pub(super) parts: Parts,
    pub(super) body: Bytes,
    /// The operation's name, as in `PutItem`; empty if the header is missing or malformed.
    pub(super) operation: String,
    /// The body as JSON; `null` if it is not JSON.
    pub(super) json: Value,
}

/// The account and the region of a service's ARNs.
#[derive(Debug, Clone)]
pub(super) struct ArnScope {
    pub(super) account: String,
    pub(super) region: String,
}

impl AwsRequest {
    pub(super) fn new(parts: Parts, body: Bytes) -> Self {
        let json = serde_json::from_slice(&body).unwrap_or_default();
        let mut request = Self { parts, body, operation: String::new(), json };
        let operation = request.header("x-amz-target").split_once('.').map_or("", |(_, operation)| operation);
        request.operation = operation.to_owned();
        request
    }

    /// The value of a header; empty if it is missing or not text.
    fn header(&self, name: &str) -> &str {
        self.parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub(super) fn authorization(&self) -> &str {
        self.header("authorization")
    }

    /// The SDK's id of the operation, the same for each of its attempts; empty if the client sends none.
    pub(super) fn sdk_invocation_id(&self) -> &str {
        self.header("amz-sdk-invocation-id")
    }

    /// The ARNs on which the service's IAM actions are evaluated.
    ///
    /// `*` for operations that name no resource, and for transactions and `PartiQL`, whose tables are not determined: a
    /// policy for a table does not allow them.
    pub(super) fn resources(&self, service: Service, arn_scope: &ArnScope) -> Vec<String> {
        let resources = match service {
            Service::DynamoDb => arn_scope.tables(&self.json),
            Service::Kms => self.json["KeyId"].as_str().map(|key| arn_scope.key(key)).into_iter().collect(),
        };
        if resources.is_empty() { vec!["*".to_owned()] } else { resources }
    }

    /// The values of the service's condition keys.
    pub(super) fn condition_context(&self, service: Service) -> ConditionContext {
        condition_context::extract(service, &self.json)
    }
}

impl ArnScope {
    fn tables(&self, body: &Value) -> Vec<String> {
        if let Some(batch) = body["RequestItems"].as_object() {
            return batch.keys().map(|table| self.table(table)).collect();
        }
        let table = body["TableName"].as_str().map(|table| self.table(table));
        let index = body["IndexName"].as_str().map(|index| format!("/index/{index}")).unwrap_or_default();
        table.map(|table| table + &index).into_iter().collect()
    }

    /// The ARN of a table, given by its name or its ARN.
    fn table(&self, table: &str) -> String {
        if table.starts_with("arn:") {
            return table.to_owned();
        }
        format!("arn:aws:dynamodb:{}:{}:table/{table}", self.region, self.account)
    }

    /// The ARN of a key, given by its id, an alias, or the ARN of either.
    pub(super) fn key(&self, key: &str) -> String {
        if key.starts_with("arn:") {
            return key.to_owned();
        }
        let path = if key.starts_with("alias/") { key.to_owned() } else { format!("key/{key}") };
        format!("arn:aws:kms:{}:{}:{path}", self.region, self.account)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;
    use serde_json::json;

    use super::*;

    fn request(target: &str, body: &Value) -> AwsRequest {
        let (parts, ()) = Request::builder().header("x-amz-target", target).body(()).unwrap().into_parts();
        AwsRequest::new(parts, body.to_string().into())
    }

    fn arn_scope() -> ArnScope {
        ArnScope { account: "111122223333".to_owned(), region: "eu-west-1".to_owned() }
    }

    #[test]
    fn operation_is_taken_from_target_header() {
        assert_eq!(request("DynamoDB_20120810.PutItem", &json!({})).operation, "PutItem");
        assert_eq!(request("TrentService.Sign", &json!({})).operation, "Sign");
        assert_eq!(request("Sign", &json!({})).operation, "");
    }

    #[test]
    fn dynamodb_resources_are_tables_and_index() {
        let table = |name: &str| format!("arn:aws:dynamodb:eu-west-1:111122223333:table/{name}");
        let cases = [
            (json!({ "TableName": "t" }), vec![table("t")]),
            (json!({ "TableName": table("t") }), vec![table("t")]),
            (json!({ "TableName": "t", "IndexName": "by_org" }), vec![table("t/index/by_org")]),
            (json!({ "RequestItems": { "a": {}, "b": {} } }), vec![table("a"), table("b")]),
            (json!({ "TransactItems": [{ "Put": { "TableName": "t" } }] }), vec!["*".to_owned()]),
            (json!({ "Statement": "select * from t" }), vec!["*".to_owned()]),
            (json!(null), vec!["*".to_owned()]),
        ];
        for (body, resources) in cases {
            let request = request("DynamoDB_20120810.X", &body);
            assert_eq!(request.resources(Service::DynamoDb, &arn_scope()), resources, "{body}");
        }
    }

    #[test]
    fn kms_resource_is_the_key() {
        let arn = "arn:aws:kms:eu-west-1:111122223333:key/1";
        let alias = "arn:aws:kms:eu-west-1:111122223333:alias/a";
        for (key, resource) in [("1", arn), (arn, arn), ("alias/a", alias), (alias, alias)] {
            let request = request("TrentService.Sign", &json!({ "KeyId": key }));
            assert_eq!(request.resources(Service::Kms, &arn_scope()), [resource]);
        }
    }
}
