//! The condition keys of a request.
//!
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html> and
//! <https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html>.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{aws::Service, iam::ConditionContext};

/// The members whose expressions name attributes.
const EXPRESSION_MEMBERS: [&str; 4] =
    ["UpdateExpression", "ConditionExpression", "ProjectionExpression", "FilterExpression"];

/// The keywords and functions of expressions, which are not attributes.
const KEYWORDS: [&str; 18] = [
    "SET",
    "REMOVE",
    "ADD",
    "DELETE",
    "AND",
    "OR",
    "NOT",
    "BETWEEN",
    "IN",
    "attribute_exists",
    "attribute_not_exists",
    "attribute_type",
    "begins_with",
    "contains",
    "size",
    "if_not_exists",
    "list_append",
    "TRUE",
];

/// The condition keys of the request with this body.
pub(super) fn extract(service: Service, body: &Value) -> ConditionContext {
    match service {
        Service::Kms => {
            let text = |name: &str| body[name].as_str().map(|text| vec![text.to_owned()]);
            let message_type = text("MessageType").unwrap_or_else(|| vec!["RAW".to_owned()]);
            let mut context = ConditionContext::from([("kms:MessageType", message_type)]);
            context.extend(text("SigningAlgorithm").map(|value| ("kms:SigningAlgorithm", value)));
            context
        }
        Service::DynamoDb => ConditionContext::from([
            ("dynamodb:LeadingKeys", leading_keys(body).into_iter().collect()),
            ("dynamodb:Attributes", attributes(body).into_iter().collect()),
        ]),
    }
}

/// The keys and items of a request for one item or a batch.
fn keys_and_items(body: &Value) -> Vec<&Value> {
    let batch = body["RequestItems"].as_object().into_iter().flatten();
    let batch_keys = batch.filter_map(|(_, table)| table["Keys"].as_array()).flatten();
    ["Key", "Item"].iter().filter_map(|name| body.get(*name)).chain(batch_keys).collect()
}

/// The partition keys.
fn leading_keys(body: &Value) -> BTreeSet<String> {
    let partition_keys = keys_and_items(body).into_iter().filter_map(|item| item["pk"]["S"].as_str());
    partition_keys.chain(queried_partition_key(body)).map(ToOwned::to_owned).collect()
}

/// The partition key of a query of the table.
fn queried_partition_key(body: &Value) -> Option<&str> {
    let mut conditions = body["KeyConditionExpression"].as_str()?.split(" AND ");
    let placeholder = conditions.find_map(|condition| condition.trim().strip_prefix("pk = "))?;
    body["ExpressionAttributeValues"][placeholder.trim()]["S"].as_str()
}

/// The top-level attributes of the request, including those of its keys.
fn attributes(body: &Value) -> BTreeSet<String> {
    let items = keys_and_items(body).into_iter().filter_map(Value::as_object);
    let mut attributes: BTreeSet<String> = items.flat_map(|item| item.keys().cloned()).collect();
    for expression in EXPRESSION_MEMBERS.iter().filter_map(|name| body[*name].as_str()) {
        for word in expression.split(|c: char| !(c.is_ascii_alphanumeric() || "_#:".contains(c))) {
            let is_attribute = !word.is_empty() && !word.starts_with(':') && !KEYWORDS.contains(&word);
            if is_attribute {
                let name = body["ExpressionAttributeNames"][word].as_str();
                attributes.insert(name.unwrap_or(word).to_owned());
            }
        }
    }
    attributes
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn query_has_its_partition_as_leading_key() {
        let context = extract(
            Service::DynamoDb,
            &json!({
                "TableName": "t", "KeyConditionExpression": "pk = :org AND begins_with(sk, :role)",
                "ExpressionAttributeValues": {":org": {"S": "ORG#1"}, ":role": {"S": "ROLE#"}},
            }),
        );
        assert_eq!(context["dynamodb:LeadingKeys"], ["ORG#1"]);
    }

    #[test]
    fn update_has_attributes_of_key_and_expressions() {
        let context = extract(
            Service::DynamoDb,
            &json!({
                "TableName": "t", "Key": {"pk": {"S": "TOKEN#1"}, "sk": {"S": "TOKEN"}},
                "UpdateExpression": "SET revoked_at = :at, #t = if_not_exists(#t, :ttl) REMOVE by_org",
                "ConditionExpression": "attribute_not_exists(last_used) OR last_used < :day",
                "ExpressionAttributeNames": {"#t": "ttl"},
            }),
        );
        assert_eq!(context["dynamodb:LeadingKeys"], ["TOKEN#1"]);
        assert_eq!(context["dynamodb:Attributes"], ["by_org", "last_used", "pk", "revoked_at", "sk", "ttl"]);
    }

    #[test]
    fn batch_and_put_have_leading_keys_and_attributes() {
        let key = |pk: &str| json!({"pk": {"S": pk}, "sk": {"S": "x"}});
        let batch = json!({"RequestItems": {"t": {"Keys": [key("TOKEN#1"), key("ORG#1")]}}});
        assert_eq!(extract(Service::DynamoDb, &batch)["dynamodb:LeadingKeys"], ["ORG#1", "TOKEN#1"]);
        let put = json!({"TableName": "t", "Item": {"pk": {"S": "TOKEN#2"}, "name": {"S": "n"}}});
        assert_eq!(extract(Service::DynamoDb, &put)["dynamodb:Attributes"], ["name", "pk"]);
    }

    #[test]
    fn sign_has_algorithm_and_message_type() {
        let context = extract(Service::Kms, &json!({"SigningAlgorithm": "ECDSA_SHA_256", "MessageType": "DIGEST"}));
        assert_eq!(context["kms:SigningAlgorithm"], ["ECDSA_SHA_256"]);
        assert_eq!(context["kms:MessageType"], ["DIGEST"]);
        assert_eq!(extract(Service::Kms, &json!({}))["kms:MessageType"], ["RAW"], "the default of KMS");
    }
}
