//! Items that tests write directly to the table, as an operator does.

use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use local::{idp::provider_name, stack::operator};
use serde::Serialize;
use serde_json::Value;
use shared::{
    aws::{AssignmentItem, RoleItem, TokenItem},
    permissions::{GrantLimits, RoleId},
    token::{Access, Token, TokenId, TokenType, UserId},
};

use super::TestStack;

impl TestStack {
    /// Writes the role `id` with these grants. Replaces an existing one.
    pub fn put_role(&self, id: &str, grants: &Value) {
        let id: RoleId = id.parse().unwrap();
        self.put(&RoleItem::new(&id, "A role for a test", grants.clone()));
    }

    /// Assigns these roles to a user, in place of those assigned before.
    pub fn assign_roles(&self, org: &str, user: &str, roles: &[&str]) {
        let user = UserId::new(provider_name(), user).unwrap();
        let roles = roles.iter().map(|role| role.parse().unwrap()).collect();
        self.put(&AssignmentItem::new(&org.parse().unwrap(), &user, roles));
    }

    fn put(&self, item: &impl Serialize) {
        let item = serde_dynamo::aws_sdk_dynamodb_1::to_item(item).unwrap();
        let put = self.operator().put_item().table_name(&self.addresses().table).set_item(Some(item));
        self.run(put.send()).unwrap();
    }

    /// Writes an item without any attribute but its key and this schema version.
    pub fn put_damaged_item(&self, pk: &str, sk: &str, version: u32) {
        self.put(&serde_json::json!({"pk": pk, "sk": sk, "v": version}));
    }

    /// Inserts `count` active tokens of `org`, as the API stores them. Returns their ids.
    pub fn insert_tokens(&self, count: usize, org: &str) -> Vec<String> {
        self.insert_named_tokens(count, org, "Stored token")
    }

    /// Inserts `count` active tokens of `org` with this name. Returns their ids.
    pub fn insert_named_tokens(&self, count: usize, org: &str, name: &str) -> Vec<String> {
        let tokens: Vec<Token> = (0..count).map(|number| stored_token(number, org, name)).collect();
        let client = self.operator();
        // `BatchWriteItem` accepts 25 items.
        for chunk in tokens.chunks(25) {
            let put = |token: &Token| {
                let item = serde_dynamo::aws_sdk_dynamodb_1::to_item(TokenItem::of(token)).unwrap();
                let put = PutRequest::builder().set_item(Some(item)).build().unwrap();
                WriteRequest::builder().put_request(put).build()
            };
            let write =
                client.batch_write_item().request_items(&self.addresses().table, chunk.iter().map(put).collect());
            self.run(write.send()).unwrap();
        }
        tokens.iter().map(|token| token.id.to_string()).collect()
    }

    /// Sets a numeric attribute of a token's item.
    pub fn set_attribute(&self, id: &str, attribute: &str, value: u32) {
        let id: TokenId = id.parse().unwrap();
        let update = self
            .operator()
            .update_item()
            .table_name(&self.addresses().table)
            .key("pk", AttributeValue::S(TokenItem::partition(id.key())))
            .key("sk", AttributeValue::S(TokenItem::SORT.to_owned()))
            .update_expression("SET #a = :v")
            .expression_attribute_names("#a", attribute)
            .expression_attribute_values(":v", AttributeValue::N(value.to_string()));
        self.run(update.send()).unwrap();
    }

    /// Deletes a token's item, as the table does after its time to live.
    pub fn delete_token_item(&self, id: &str) {
        let id: TokenId = id.parse().unwrap();
        let delete = self
            .operator()
            .delete_item()
            .table_name(&self.addresses().table)
            .key("pk", AttributeValue::S(TokenItem::partition(id.key())))
            .key("sk", AttributeValue::S(TokenItem::SORT.to_owned()));
        self.run(delete.send()).unwrap();
    }

    /// A numeric attribute of a token's item; `None` if the item does not have it.
    pub fn attribute(&self, id: &str, attribute: &str) -> Option<i64> {
        let id: TokenId = id.parse().unwrap();
        let read = self
            .operator()
            .get_item()
            .table_name(&self.addresses().table)
            .key("pk", AttributeValue::S(TokenItem::partition(id.key())))
            .key("sk", AttributeValue::S(TokenItem::SORT.to_owned()))
            .consistent_read(true);
        let item = self.run(read.send()).unwrap().item.unwrap();
        item.get(attribute).map(|value| value.as_n().unwrap().parse().unwrap())
    }

    fn operator(&self) -> aws_sdk_dynamodb::Client {
        operator(&self.addresses().dynamodb_url, &self.template.pseudo_parameters)
    }
}

fn stored_token(number: usize, org: &str, name: &str) -> Token {
    let access = Access {
        roles: Vec::new(),
        inherited_denies: Vec::new(),
        read_only: false,
        anonymize: false,
        renewable: false,
        grant_limits: GrantLimits::default(),
    };
    Token {
        id: format!("api_{number:021}").parse().unwrap(),
        org: org.parse().unwrap(),
        name: name.parse().unwrap(),
        description: None,
        token_type: TokenType::Api(access),
        created_at: i64::try_from(1_700_000_000 + number / 10).unwrap().try_into().unwrap(),
        created_by: "local|1001".parse().unwrap(),
        owner: None,
        parent: None,
        expires_at: None,
        allowed_networks: None,
        revocation: None,
        last_used: None,
        origin: None,
        succession: None,
        fingerprint: None,
    }
}
