//! The calls that functions make.

use local::aws::Service;

/// By which request a function is made to call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    Create,
    /// A create by an owner that names a role.
    CreateNaming,
    List,
    Get,
    Revoke,
    /// A request by a token.
    ByToken,
    /// A request by a person whose roles are in the ledger.
    ByPerson,
    Roles,
    MayGive,
    KeySet,
}

/// A call that a function makes.
pub struct Call {
    pub function: &'static str,
    pub service: Service,
    pub operation: &'static str,
    pub door: Door,
}

const fn dynamodb(function: &'static str, operation: &'static str, door: Door) -> Call {
    Call { function, service: Service::DynamoDb, operation, door }
}

const fn kms(function: &'static str, operation: &'static str, door: Door) -> Call {
    Call { function, service: Service::Kms, operation, door }
}

/// Those of the functions behind the authorizer, and of those that need none.
pub const OF_FUNCTIONS: [Call; 10] = [
    dynamodb("create-token", "PutItem", Door::Create),
    dynamodb("create-token", "BatchGetItem", Door::CreateNaming),
    kms("create-token", "Sign", Door::Create),
    kms("create-token", "GetPublicKey", Door::Create),
    dynamodb("get-token", "GetItem", Door::Get),
    dynamodb("list-tokens", "Query", Door::List),
    dynamodb("revoke-token", "UpdateItem", Door::Revoke),
    dynamodb("my-roles", "BatchGetItem", Door::Roles),
    dynamodb("my-roles", "Query", Door::MayGive),
    kms("well-known", "GetPublicKey", Door::KeySet),
];

/// Those of the authorizer.
pub const OF_AUTHORIZER: [Call; 4] = [
    dynamodb("authorizer", "BatchGetItem", Door::ByToken),
    dynamodb("authorizer", "GetItem", Door::ByPerson),
    dynamodb("authorizer", "UpdateItem", Door::ByToken),
    kms("authorizer", "GetPublicKey", Door::ByToken),
];

impl Call {
    /// Whether the function calls when it starts, and never again once it has succeeded.
    pub fn at_start(&self) -> bool {
        self.operation == "GetPublicKey"
    }

    /// Whether nothing that was asked for depends on it: the day of a token's last use is noted if it can be.
    pub fn may_fail(&self) -> bool {
        self.function == "authorizer" && self.operation == "UpdateItem"
    }

    /// The variable that says where the service is.
    pub fn endpoint(&self) -> &'static str {
        match self.service {
            Service::DynamoDb => "AWS_ENDPOINT_URL_DYNAMODB",
            Service::Kms => "AWS_ENDPOINT_URL_KMS",
        }
    }

    /// What tells it from another call of the same name.
    pub fn remark(&self) -> &'static str {
        match self.door {
            Door::CreateNaming => ", naming roles",
            Door::MayGive => ", roles to give",
            Door::ByPerson => ", a person's roles",
            _ if self.may_fail() => ", noting the use",
            _ => "",
        }
    }
}
