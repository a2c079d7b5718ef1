//! Limits a request to the tokens that a caller may access.

use aws_sdk_dynamodb::types::AttributeValue;

use crate::token::TokenSelection;

/// A selection as part of a condition or filter expression, with the names and values that the expression uses.
#[derive(Default)]
pub(super) struct SelectionExpression {
    /// The expression, which begins with ` AND `; empty if the selection includes every token.
    pub(super) expression: &'static str,
    /// The placeholder of an attribute's name, and the name.
    pub(super) name: Option<(&'static str, &'static str)>,
    /// The placeholder of the value, and the value.
    pub(super) value: Option<(&'static str, AttributeValue)>,
}

impl SelectionExpression {
    pub(super) fn of(selection: &TokenSelection) -> Self {
        let value = |id: String| Some((":accessible", AttributeValue::S(id)));
        match selection {
            TokenSelection::All => Self::default(),
            TokenSelection::OwnedBy(user) => Self {
                expression: " AND (#owner = :accessible OR (attribute_not_exists(#owner) AND created_by = :accessible))",
                name: Some(("#owner", "owner")),
                value: value(user.to_string()),
            },
            TokenSelection::CreatedBy(id) => Self {
                expression: " AND (id = :accessible OR created_by = :accessible)",
                name: None,
                value: value(id.to_string()),
            },
            TokenSelection::Only(id) => {
                Self { expression: " AND id = :accessible", name: None, value: value(id.to_string()) }
            }
        }
    }
}
