//! Who may sign in.

/// Somebody as they act in one organization. Who is in two may sign in for either.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The organization, `org_id`.
    pub org: String,
    /// The user, `sub`.
    pub id: String,
    /// What users call them, `name`.
    pub name: String,
    /// The roles that the ledger was given for them, to be shown; no token says them.
    pub roles: Vec<String>,
}
