//! `latchkey roles`: the roles of an organization.

use std::fs;

use clap::{Args, Subcommand};
use serde_json::Value;
use shared::{access_item::ItemKey, permissions::RoleId};

use super::{ListCommand, ReadOptions, client, print_item, print_list, stored_item};
use crate::{
    api_client::ApiOptions,
    error::Error,
    output::{OutputFormat, print_message},
};

/// The end of the command's `--help`.
pub const HELP_EXAMPLES: &str = "Examples:
  latchkey roles list
  latchkey roles put 123:clerk --name Clerk --grants '[{\"action\": \"order:*\"}]'
  latchkey roles delete 123:clerk
  latchkey roles get 123:viewer --table my-ledger --output json

The commands call the API, as a user with the owner role. With --table, `list` and `get` read the table of a deployment as an
operator. With --output json, a role has the form that `latchkey apply` reads.";

/// The columns of roles.
const TABLE_HEADER: [&str; 3] = ["ROLE", "NAME", "GRANTS"];

/// The subcommands of `latchkey roles`.
#[derive(Debug, Subcommand)]
pub enum RolesCommand {
    /// List the roles of an organization
    List(ListCommand),
    /// Show one role
    Get {
        /// Role id, ORGANIZATION:SLUG
        id: RoleId,
        #[command(flatten)]
        options: ReadOptions,
    },
    /// Create or replace a role
    Put(PutRoleCommand),
    /// Delete a role; users and tokens with it keep its id without effect
    Delete {
        /// Role id, ORGANIZATION:SLUG
        id: RoleId,
        #[command(flatten)]
        api: ApiOptions,
    },
}

/// The arguments of `latchkey roles put`.
#[derive(Debug, Args)]
pub struct PutRoleCommand {
    /// Role id, ORGANIZATION:SLUG
    id: RoleId,
    /// Display name
    #[arg(long)]
    name: String,
    /// Grants, a JSON array of `{action, resource?, effect?}`
    #[arg(long, value_name = "JSON", required_unless_present = "grants_file")]
    grants: Option<String>,
    /// File with the grants
    #[arg(long, value_name = "FILE", conflicts_with = "grants")]
    grants_file: Option<String>,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    output: OutputFormat,
    #[command(flatten)]
    api: ApiOptions,
}

impl RolesCommand {
    /// Runs the subcommand.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`ApiClient`](crate::api_client::ApiClient); with a table [`Error::NotStored`] for a role that is not stored, and
    /// [`Error::Ledger`] if the table cannot be read.
    pub async fn run(self) -> Result<(), Error> {
        match self {
            Self::List(list) => {
                let items = match &list.options.table {
                    Some(table) => list.stored_items(table, |key| matches!(key, ItemKey::Role(_))).await?,
                    None => list.client()?.list_roles().await?,
                };
                print_list(list.options.output, &TABLE_HEADER, "role", &items)
            }
            Self::Get { id, options } => {
                let item = match &options.table {
                    Some(table) => stored_item(table, ItemKey::Role(id)).await?,
                    None => client(&options.api, Some(id.org()))?.get_role(&id).await?,
                };
                print_item(options.output, &TABLE_HEADER, &item)
            }
            Self::Put(put) => put.run().await,
            Self::Delete { id, api } => {
                client(&api, Some(id.org()))?.delete_role(&id).await?;
                print_message(&format!("deleted the role {id}"));
                Ok(())
            }
        }
    }
}

impl PutRoleCommand {
    async fn run(self) -> Result<(), Error> {
        let (text, source) = match (self.grants, self.grants_file) {
            (_, Some(file)) => {
                let unreadable = |source| Error::Io { what: format!("cannot read `{file}`"), source };
                (fs::read_to_string(&file).map_err(unreadable)?, format!("`{file}`"))
            }
            (grants, None) => (grants.unwrap_or_default(), "`--grants`".to_owned()),
        };
        let grants: Value =
            serde_json::from_str(&text).map_err(|error| Error::Usage(format!("{source} is not JSON: {error}")))?;
        let item = client(&self.api, Some(self.id.org()))?.put_role(&self.id, &self.name, &grants).await?;
        print_item(self.output, &TABLE_HEADER, &item)
    }
}
