//! A token's metadata as the API returns it, and its representation in tables.

use jiff::Timestamp;
use serde::Deserialize;
use shared::token::TypeName;

use crate::output;

/// The members that the commands use. Members that the API adds later are ignored here and kept in JSON output.
#[derive(Debug, Clone, Deserialize)]
pub struct TokenMetadata {
    /// The token's id.
    pub id: String,
    /// The time of creation.
    pub created_at: Timestamp,
    /// The time of expiry. A token without one never expires.
    pub expires_at: Option<Timestamp>,
    /// The principal that created the token.
    pub created_by: Option<String>,
    /// The user who owns the token: its creator, or the owner of the token that created it.
    owner: Option<String>,
    /// The token that created this one. Revoking it revokes this one.
    pub parent: Option<String>,
    /// The type's name.
    pub token_type: String,
    name: String,
    /// Not in [`TokenMetadata::row`]: it may be longer than a line of a terminal.
    description: Option<String>,
    #[serde(default)]
    assignments: Vec<String>,
    /// Roles of which only the denies apply.
    #[serde(default)]
    inherited_denies: Vec<String>,
    last_used: Option<String>,
    journey_id: Option<String>,
    portal_id: Option<String>,
    #[serde(default)]
    read_only: bool,
    #[serde(default)]
    anonymize: bool,
    /// The grants to which the token is limited; empty if there are none.
    #[serde(default)]
    grants: Vec<Grant>,
    /// The grants of its parent, which also limit the token.
    #[serde(default)]
    parent_grants: Vec<Grant>,
    /// The networks from which the token may be used; empty if it may be used from any address.
    #[serde(default)]
    allowed_cidrs: Vec<String>,
    /// Whether a rotation of the token by itself starts its lifetime anew.
    #[serde(default)]
    renewable: bool,
    /// The token that this one succeeds.
    rotated_from: Option<String>,
    rotated_by: Option<String>,
    first_used_at: Option<Timestamp>,
    /// The token that succeeds this one.
    successor: Option<String>,
    rotated_at: Option<Timestamp>,
    /// The time at which a rotated token ends at the latest.
    pub ends_at: Option<Timestamp>,
    /// The other tokens of the chain of rotations that a request revoked with this one.
    #[serde(default)]
    pub also_revoked: Vec<String>,
    revoked_at: Option<Timestamp>,
    revoked_by: Option<String>,
}

/// A grant of a token.
#[derive(Debug, Clone, Deserialize)]
struct Grant {
    action: String,
    resource: Option<String>,
}

/// The columns of [`TokenMetadata::row`].
pub const TABLE_HEADER: [&str; 8] =
    ["ID", "NAME", "TYPE", "EXPIRES", "LAST USED", "CREATED BY", "ROLES", "RESTRICTIONS"];

/// Returns the names of all token types.
#[must_use]
pub fn type_names() -> [&'static str; 5] {
    TypeName::ALL.map(TypeName::as_str)
}

impl TokenMetadata {
    /// Returns whether the token belongs to the public family.
    #[must_use]
    pub fn is_public(&self) -> bool {
        matches!(self.token_type.as_str(), "journey" | "portal")
    }

    /// Returns the token's row of a table.
    #[must_use]
    pub fn row(&self) -> Vec<String> {
        vec![
            self.id.clone(),
            self.name.clone(),
            self.token_type.clone(),
            self.end(),
            self.last_used.clone().unwrap_or_else(|| "-".to_owned()),
            self.created_by.clone().unwrap_or_else(|| "-".to_owned()),
            self.roles(),
            self.restrictions(),
        ]
    }

    /// The time at which the token ends at the latest.
    fn end(&self) -> String {
        match (self.ends_at, self.expires_at) {
            (Some(end), _) => format!("{end} (rotated)"),
            (None, Some(expiry)) => expiry.to_string(),
            (None, None) => "never".to_owned(),
        }
    }

    /// The other tokens of the chain of rotations of a revoked token, one message each.
    pub fn chain_messages(&self) -> impl Iterator<Item = String> {
        let also_revoked = self.also_revoked.iter().map(|id| format!("{id} is revoked with {}", self.id));
        let active = self.successor.iter().filter(|successor| !self.also_revoked.contains(successor));
        also_revoked.chain(active.map(|id| format!("{id}, the successor of {}, is not revoked: see --family", self.id)))
    }

    /// What limits the token in addition to its roles.
    fn restrictions(&self) -> String {
        let read_only = self.read_only.then(|| "read-only".to_owned());
        let networks = (!self.allowed_cidrs.is_empty()).then(|| format!("from {}", self.allowed_cidrs.join(" ")));
        let own_grants = format_grants(&self.grants).map(|grants| format!("only {grants}"));
        let parent_grants = format_grants(&self.parent_grants).map(|grants| format!("parent only {grants}"));
        let all: Vec<_> = [read_only, own_grants, parent_grants, networks].into_iter().flatten().collect();
        if all.is_empty() { "-".to_owned() } else { all.join(", ") }
    }

    /// The roles, and in parentheses those of which only the denies apply.
    fn roles(&self) -> String {
        let roles = self.assignments.join(" ");
        match &self.inherited_denies[..] {
            [] => roles,
            denies => format!("{roles} (denied by {})", denies.join(" ")),
        }
    }

    /// Returns the members that are set, one per line.
    #[must_use]
    pub fn details(&self) -> String {
        let time = |time: Option<Timestamp>| time.map(|time| time.to_string());
        let flag = |set: bool| set.then(|| "yes".to_owned());
        let fields = [
            ("id", Some(self.id.clone())),
            ("name", Some(self.name.clone())),
            ("description", self.description.clone()),
            ("type", Some(self.token_type.clone())),
            ("roles", Some(self.assignments.join(" ")).filter(|roles| !roles.is_empty())),
            ("denied by", Some(self.inherited_denies.join(" ")).filter(|roles| !roles.is_empty())),
            ("journey", self.journey_id.clone()),
            ("portal", self.portal_id.clone()),
            ("created", Some(self.created_at.to_string())),
            ("created by", self.created_by.clone()),
            ("owner", self.owner.clone()),
            ("parent", self.parent.clone()),
            ("expires", Some(time(self.expires_at).unwrap_or_else(|| "never".to_owned()))),
            ("renewable", flag(self.renewable)),
            ("rotated from", self.rotated_from.clone()),
            ("rotated by", self.rotated_by.clone()),
            ("first used", time(self.first_used_at)),
            ("successor", self.successor.clone()),
            ("rotated", time(self.rotated_at)),
            ("ends", time(self.ends_at)),
            ("last used", self.last_used.clone()),
            ("read-only", flag(self.read_only)),
            ("anonymize", flag(self.anonymize)),
            ("grants", format_grants(&self.grants)),
            ("parent grants", format_grants(&self.parent_grants)),
            ("networks", Some(self.allowed_cidrs.join(" ")).filter(|networks| !networks.is_empty())),
            ("revoked", time(self.revoked_at)),
            ("revoked by", self.revoked_by.clone()),
        ];
        output::format_fields(fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))))
    }
}

/// The grants as arguments of `--grant`, separated by blanks; `None` if there are none.
fn format_grants(grants: &[Grant]) -> Option<String> {
    let format = |grant: &Grant| match &grant.resource {
        None => grant.action.clone(),
        Some(resource) => format!("{}={resource}", grant.action),
    };
    (!grants.is_empty()).then(|| grants.iter().map(format).collect::<Vec<_>>().join(" "))
}
