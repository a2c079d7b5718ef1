//! A token, as the API shows it.

use jiff::Timestamp;
use serde::Deserialize;
use shared::token::TypeName;

use crate::{error::Error, output};

/// The members of a token that are shown. What the API adds later is passed over here and kept in its JSON.
#[derive(Debug, Clone, Deserialize)]
pub struct Item {
    /// The token's id.
    pub id: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends by itself; absent: never.
    pub expires_at: Option<Timestamp>,
    /// Who made it.
    pub created_by: Option<String>,
    /// The token that made it, and with which it ends.
    pub parent: Option<String>,
    /// Its type.
    pub token_type: String,
    name: String,
    #[serde(default)]
    assignments: Vec<String>,
    last_used: Option<String>,
    journey_id: Option<String>,
    portal_id: Option<String>,
    #[serde(default)]
    read_only: bool,
    #[serde(default)]
    anonymize: bool,
    revoked_at: Option<Timestamp>,
    revoked_by: Option<String>,
}

/// The columns of a list of tokens.
pub const HEADING: [&str; 7] = ["ID", "NAME", "TYPE", "EXPIRES", "LAST USED", "CREATED BY", "ROLES"];

/// The types of all tokens that there are, as the API names them.
#[must_use]
pub fn every_type() -> Vec<String> {
    TypeName::ALL.iter().map(ToString::to_string).collect()
}

impl Item {
    /// Reads a token's JSON.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] where it is no token's.
    pub fn read(json: &str) -> Result<Self, Error> {
        serde_json::from_str(json).map_err(|_| Error::Other("the answer is no token".to_owned()))
    }

    /// The token's line in a list.
    #[must_use]
    pub fn row(&self) -> Vec<String> {
        let or = |text: Option<String>, absent: &str| text.unwrap_or_else(|| absent.to_owned());
        vec![
            self.id.clone(),
            self.name.clone(),
            self.token_type.clone(),
            or(self.expires_at.map(|end| end.to_string()), "never"),
            or(self.last_used.clone(), "-"),
            or(self.created_by.clone(), "-"),
            self.assignments.join(" "),
        ]
    }

    /// All that applies to the token, one member a line.
    #[must_use]
    pub fn details(&self) -> String {
        let time = |time: Option<Timestamp>| time.map(|time| time.to_string());
        let flag = |set: bool| set.then(|| "yes".to_owned());
        let members = [
            ("id", Some(self.id.clone())),
            ("name", Some(self.name.clone())),
            ("type", Some(self.token_type.clone())),
            ("roles", Some(self.assignments.join(" ")).filter(|roles| !roles.is_empty())),
            ("journey", self.journey_id.clone()),
            ("portal", self.portal_id.clone()),
            ("created", Some(self.created_at.to_string())),
            ("created by", self.created_by.clone()),
            ("parent", self.parent.clone()),
            ("expires", Some(time(self.expires_at).unwrap_or_else(|| "never".to_owned()))),
            ("last used", self.last_used.clone()),
            ("read-only", flag(self.read_only)),
            ("anonymize", flag(self.anonymize)),
            ("revoked", time(self.revoked_at)),
            ("revoked by", self.revoked_by.clone()),
        ];
        output::pairs(members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))))
    }
}
