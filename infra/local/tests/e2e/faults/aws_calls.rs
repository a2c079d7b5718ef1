//! The calls that functions make to `DynamoDB` and KMS, and the requests that trigger them.

use data_dir::StackAddresses;
use local::aws::Service;

/// A request that makes a function call a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    Create,
    /// A create request of an owner with a role that the owner does not have.
    CreateWithRole,
    /// A create request of a token.
    CreateAsToken,
    /// A rotation by a user.
    Rotate,
    List,
    Get,
    Revoke,
    /// A revocation of a token that has rotated itself.
    RevokeRotated,
    /// A list request with a token that has rotated itself.
    ListAsRotated,
    /// The first request with a successor.
    FirstUse,
    /// A request to revoke every token, of which there is one.
    RevokeAll,
    Update,
    /// A list request with a token.
    ListAsToken,
    /// A list request of a user whose roles are assigned in the table.
    ListAsUser,
    OwnRoles,
    AssignableRoles,
    /// A request for one role.
    GetRole,
    ListAssignments,
    PutRole,
    DeleteRole,
    /// A request that assigns a role that the user does not have.
    AssignRole,
    /// A request that takes the owner role from one of two owners.
    RemoveOwner,
    Jwks,
}

impl Trigger {
    pub fn is_create(self) -> bool {
        matches!(self, Self::Create | Self::CreateWithRole | Self::CreateAsToken)
    }
}

/// A call that a function makes.
pub struct AwsCall {
    pub function: &'static str,
    pub service: Service,
    pub operation: &'static str,
    pub trigger: Trigger,
}

const fn dynamodb(function: &'static str, operation: &'static str, trigger: Trigger) -> AwsCall {
    AwsCall { function, service: Service::DynamoDb, operation, trigger }
}

const fn kms(function: &'static str, operation: &'static str, trigger: Trigger) -> AwsCall {
    AwsCall { function, service: Service::Kms, operation, trigger }
}

/// The calls of all functions but the authorizer.
pub const CALLS_OF_FUNCTIONS: [AwsCall; 25] = [
    dynamodb("create-token", "PutItem", Trigger::Create),
    dynamodb("create-token", "BatchGetItem", Trigger::CreateWithRole),
    dynamodb("create-token", "BatchGetItem", Trigger::CreateAsToken),
    kms("create-token", "Sign", Trigger::Create),
    kms("create-token", "GetPublicKey", Trigger::Create),
    dynamodb("create-token", "BatchGetItem", Trigger::Rotate),
    kms("create-token", "Sign", Trigger::Rotate),
    dynamodb("create-token", "PutItem", Trigger::Rotate),
    dynamodb("create-token", "UpdateItem", Trigger::Rotate),
    dynamodb("get-token", "GetItem", Trigger::Get),
    dynamodb("list-tokens", "Query", Trigger::List),
    dynamodb("revoke-token", "UpdateItem", Trigger::Revoke),
    dynamodb("revoke-token", "UpdateItem", Trigger::RevokeRotated),
    dynamodb("revoke-token", "UpdateItem", Trigger::RevokeAll),
    dynamodb("revoke-token", "Query", Trigger::RevokeAll),
    dynamodb("update-token", "UpdateItem", Trigger::Update),
    dynamodb("my-roles", "BatchGetItem", Trigger::OwnRoles),
    dynamodb("my-roles", "Query", Trigger::AssignableRoles),
    dynamodb("manage-roles", "GetItem", Trigger::GetRole),
    dynamodb("manage-roles", "Query", Trigger::ListAssignments),
    dynamodb("manage-roles", "PutItem", Trigger::PutRole),
    dynamodb("manage-roles", "DeleteItem", Trigger::DeleteRole),
    dynamodb("manage-roles", "BatchGetItem", Trigger::AssignRole),
    dynamodb("manage-roles", "TransactWriteItems", Trigger::RemoveOwner),
    kms("well-known", "GetPublicKey", Trigger::Jwks),
];

pub const CALLS_OF_AUTHORIZER: [AwsCall; 6] = [
    dynamodb("authorizer", "BatchGetItem", Trigger::ListAsToken),
    dynamodb("authorizer", "BatchGetItem", Trigger::ListAsRotated),
    dynamodb("authorizer", "UpdateItem", Trigger::FirstUse),
    dynamodb("authorizer", "GetItem", Trigger::ListAsUser),
    dynamodb("authorizer", "UpdateItem", Trigger::ListAsToken),
    kms("authorizer", "GetPublicKey", Trigger::ListAsToken),
];

impl AwsCall {
    /// Whether the function makes the call at its start, and not again once it has succeeded.
    pub fn is_at_start(&self) -> bool {
        self.operation == "GetPublicKey"
    }

    /// Whether the outcome of the request does not depend on the call: the authorizer records the day of a token's last use on
    /// a best-effort basis.
    pub fn is_optional(&self) -> bool {
        self.function == "authorizer" && self.operation == "UpdateItem" && self.trigger != Trigger::FirstUse
    }

    /// The environment variable with the service's endpoint.
    pub fn endpoint_variable(&self) -> &'static str {
        match self.service {
            Service::DynamoDb => "AWS_ENDPOINT_URL_DYNAMODB",
            Service::Kms => "AWS_ENDPOINT_URL_KMS",
        }
    }

    pub fn endpoint<'a>(&self, local: &'a StackAddresses) -> &'a str {
        match self.service {
            Service::DynamoDb => &local.dynamodb_url,
            Service::Kms => &local.kms_url,
        }
    }

    /// Distinguishes the call from others of the same name in the table.
    pub fn remark(&self) -> &'static str {
        match self.trigger {
            Trigger::CreateWithRole => ", requested roles",
            Trigger::CreateAsToken => ", calling token",
            Trigger::Rotate => ", rotation",
            Trigger::RevokeRotated => ", successors",
            Trigger::ListAsRotated => ", first use of the successor",
            Trigger::FirstUse => ", first use",
            Trigger::AssignableRoles => ", assignable roles",
            Trigger::ListAsUser => ", a user's roles",
            Trigger::RevokeAll => ", every token",
            _ if self.is_optional() => ", last use",
            _ => "",
        }
    }
}
