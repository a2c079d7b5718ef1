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

    /// The permissions that the request requires: one for its operation, or one for each action of a `TransactWriteItems`
    /// (DynamoDB Developer Guide, "IAM and transactions").
    pub(super) fn permissions(&self, service: Service, arn_scope: &ArnScope) -> Vec<RequiredPermission> {
        let of_transaction = match (service, self.operation.as_str()) {
            (Service::DynamoDb, "TransactWriteItems") => transaction_actions(&self.json),
            _ => Vec::new(),
        };
        if of_transaction.is_empty() {
            return vec![RequiredPermission::new(service, &self.operation, &self.json, arn_scope)];
        }
        let actions = of_transaction.into_iter();
        actions.map(|(action, body)| RequiredPermission::new(service, action, body, arn_scope)).collect()
    }
}

/// A permission that a request requires.
#[derive(Debug)]
pub(super) struct RequiredPermission {
    /// The IAM action, as in `dynamodb:PutItem`.
    pub(super) action: String,
    /// The ARNs on which the action is evaluated; `*` for an operation that names no resource, and for `PartiQL`, whose tables are
    /// not determined: a policy for a table does not allow it.
    pub(super) resources: Vec<String>,
    /// The values of the service's condition keys.
    pub(super) context: ConditionContext,
}

impl RequiredPermission {
    /// The action with each resource.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (String, String)> {
        self.resources.iter().map(|resource| (self.action.clone(), resource.clone()))
    }

    /// The permission for `operation` with the parameters `body`.
    fn new(service: Service, operation: &str, body: &Value, arn_scope: &ArnScope) -> Self {
        let resources = match service {
            Service::DynamoDb => arn_scope.tables(body),
            Service::Kms => body["KeyId"].as_str().map(|key| arn_scope.key(key)).into_iter().collect(),
        };
        Self {
            action: format!("{}:{operation}", service.action_prefix()),
            resources: if resources.is_empty() { vec!["*".to_owned()] } else { resources },
            context: condition_context::extract(service, body),
        }
    }
}

/// The IAM action and the parameters of each action of a transaction. Empty if one of them is unknown.
fn transaction_actions(body: &Value) -> Vec<(&'static str, &Value)> {
    let items = body["TransactItems"].as_array().into_iter().flatten();
    let actions = items.map(|item| match item.as_object()?.iter().next()? {
        (name, parameters) if name == "Put" => Some(("PutItem", parameters)),
        (name, parameters) if name == "Update" => Some(("UpdateItem", parameters)),
        (name, parameters) if name == "Delete" => Some(("DeleteItem", parameters)),
        (name, parameters) if name == "ConditionCheck" => Some(("ConditionCheckItem", parameters)),
        _ => None,
    });
    actions.collect::<Option<_>>().unwrap_or_default()
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
            let permissions = request("DynamoDB_20120810.X", &body).permissions(Service::DynamoDb, &arn_scope());
            assert_eq!(permissions.len(), 1);
            assert_eq!(permissions[0].resources, resources, "{body}");
        }
    }

    #[test]
    fn transaction_requires_a_permission_for_each_action() {
        let key = |pk: &str| json!({"pk": {"S": pk}, "sk": {"S": "x"}});
        let body = json!({"TransactItems": [
            {"Put": {"TableName": "t", "Item": key("ORG#1")}},
            {"ConditionCheck": {"TableName": "t", "Key": key("ORG#2"), "ConditionExpression": "attribute_exists(pk)"}},
        ]});
        let permissions = |body: &Value| {
            let request = request("DynamoDB_20120810.TransactWriteItems", body);
            let of = |it: RequiredPermission| (it.action, it.resources, it.context["dynamodb:LeadingKeys"].clone());
            request.permissions(Service::DynamoDb, &arn_scope()).into_iter().map(of).collect::<Vec<_>>()
        };
        let table = || vec!["arn:aws:dynamodb:eu-west-1:111122223333:table/t".to_owned()];
        let expected = [
            ("dynamodb:PutItem".to_owned(), table(), vec!["ORG#1".to_owned()]),
            ("dynamodb:ConditionCheckItem".to_owned(), table(), vec!["ORG#2".to_owned()]),
        ];
        assert_eq!(permissions(&body), expected);
        for unknown in [json!({}), json!({"TransactItems": []}), json!({"TransactItems": [{"Other": {}}]})] {
            let denied = [("dynamodb:TransactWriteItems".to_owned(), vec!["*".to_owned()], Vec::new())];
            assert_eq!(permissions(&unknown), denied, "{unknown}");
        }
    }

    #[test]
    fn kms_resource_is_the_key() {
        let arn = "arn:aws:kms:eu-west-1:111122223333:key/1";
        let alias = "arn:aws:kms:eu-west-1:111122223333:alias/a";
        for (key, resource) in [("1", arn), (arn, arn), ("alias/a", alias), (alias, alias)] {
            let request = request("TrentService.Sign", &json!({ "KeyId": key }));
            assert_eq!(request.permissions(Service::Kms, &arn_scope())[0].resources, [resource]);
        }
    }
}
