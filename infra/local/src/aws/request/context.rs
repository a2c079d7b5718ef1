//! What a request says of itself, as IAM conditions ask for it.
//!
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html> and
//! <https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html>.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::{Service, iam::Context};

/// The members whose expressions name attributes.
const EXPRESSIONS: [&str; 4] = ["UpdateExpression", "ConditionExpression", "ProjectionExpression", "FilterExpression"];

/// The words of expressions that are no attributes.
const WORDS: [&str; 18] = [
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

/// The values of condition keys that the request with this body gives.
pub(super) fn of(service: Service, body: &Value) -> Context {
    match service {
        Service::Kms => {
            let text = |name: &str| body[name].as_str().map(|text| vec![text.to_owned()]);
            let message_type = text("MessageType").unwrap_or_else(|| vec!["RAW".to_owned()]);
            let mut context = Context::from([("kms:MessageType", message_type)]);
            context.extend(text("SigningAlgorithm").map(|value| ("kms:SigningAlgorithm", value)));
            context
        }
        Service::DynamoDb => Context::from([
            ("dynamodb:LeadingKeys", leading_keys(body).into_iter().collect()),
            ("dynamodb:Attributes", attributes(body).into_iter().collect()),
        ]),
    }
}

/// The keys and items that a request for single items or a batch names.
fn rows(body: &Value) -> Vec<&Value> {
    let batch = body["RequestItems"].as_object().into_iter().flatten();
    let keys = batch.filter_map(|(_, wanted)| wanted["Keys"].as_array()).flatten();
    ["Key", "Item"].iter().filter_map(|name| body.get(*name)).chain(keys).collect()
}

/// The partition keys.
fn leading_keys(body: &Value) -> BTreeSet<String> {
    let named = rows(body).into_iter().filter_map(|row| row["pk"]["S"].as_str());
    named.chain(queried(body)).map(ToOwned::to_owned).collect()
}

/// The partition key of a query of the table.
fn queried(body: &Value) -> Option<&str> {
    let mut conditions = body["KeyConditionExpression"].as_str()?.split(" AND ");
    let value = conditions.find_map(|condition| condition.trim().strip_prefix("pk = "))?;
    body["ExpressionAttributeValues"][value.trim()]["S"].as_str()
}

/// The top-level attributes that the request names, those of its keys among them.
fn attributes(body: &Value) -> BTreeSet<String> {
    let mut found: BTreeSet<String> =
        rows(body).into_iter().filter_map(Value::as_object).flat_map(|row| row.keys().cloned()).collect();
    for expression in EXPRESSIONS.iter().filter_map(|name| body[*name].as_str()) {
        for word in expression.split(|c: char| !(c.is_ascii_alphanumeric() || "_#:".contains(c))) {
            let is_attribute = !word.is_empty() && !word.starts_with(':') && !WORDS.contains(&word);
            if is_attribute {
                let named = body["ExpressionAttributeNames"][word].as_str();
                found.insert(named.unwrap_or(word).to_owned());
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_query_names_the_partition_that_it_reads() {
        let context = of(
            Service::DynamoDb,
            &json!({
                "TableName": "t", "KeyConditionExpression": "pk = :org AND begins_with(sk, :role)",
                "ExpressionAttributeValues": {":org": {"S": "ORG#1"}, ":role": {"S": "ROLE#"}},
            }),
        );
        assert_eq!(context["dynamodb:LeadingKeys"], ["ORG#1"]);
    }

    #[test]
    fn an_update_names_its_key_and_the_attributes_of_its_expressions() {
        let context = of(
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
    fn a_batch_and_an_item_name_their_partition_keys() {
        let key = |pk: &str| json!({"pk": {"S": pk}, "sk": {"S": "x"}});
        let batch = json!({"RequestItems": {"t": {"Keys": [key("TOKEN#1"), key("ORG#1")]}}});
        assert_eq!(of(Service::DynamoDb, &batch)["dynamodb:LeadingKeys"], ["ORG#1", "TOKEN#1"]);
        let put = json!({"TableName": "t", "Item": {"pk": {"S": "TOKEN#2"}, "name": {"S": "n"}}});
        assert_eq!(of(Service::DynamoDb, &put)["dynamodb:Attributes"], ["name", "pk"]);
    }

    #[test]
    fn a_signature_is_asked_for_by_algorithm_and_kind_of_message() {
        let context = of(Service::Kms, &json!({"SigningAlgorithm": "ECDSA_SHA_256", "MessageType": "DIGEST"}));
        assert_eq!(
            (&context["kms:SigningAlgorithm"][0], &context["kms:MessageType"][0]),
            (&"ECDSA_SHA_256".to_owned(), &"DIGEST".to_owned())
        );
        assert_eq!(of(Service::Kms, &json!({}))["kms:MessageType"], ["RAW"], "what KMS takes when nothing is said");
    }
}
