//! `latchkey users`: the users of an organization to whom roles are assigned.

use clap::{Args, Subcommand};
use shared::{
    access_item::ItemKey,
    permissions::{OrgId, RoleId},
    token::UserId,
};

use super::{ListCommand, ReadOptions, client, print_item, print_list, require_org, stored_item};
use crate::{api_client::ApiOptions, error::Error, output::OutputFormat};

/// The end of the command's `--help`.
pub const HELP_EXAMPLES: &str = "Examples:
  latchkey users list
  latchkey users assign 'company|auth0|5f7c' 123:clerk 123:viewer
  latchkey users unassign 'company|auth0|5f7c' 123:viewer
  latchkey users get 'company|auth0|5f7c' --org 123 --table my-ledger

The commands call the API, as a user with the owner role. With --table, `list` and `get` read the table of a deployment as an
operator. Only users to whom roles are assigned in the table are listed: the roles of others come from a claim of their identity
provider.";

/// The columns of users.
const TABLE_HEADER: [&str; 2] = ["USER", "ROLES"];

/// The subcommands of `latchkey users`.
#[derive(Debug, Subcommand)]
pub enum UsersCommand {
    /// List the users to whom roles are assigned in an organization
    List(ListCommand),
    /// Show the roles that are assigned to one user
    Get {
        /// User, PROVIDER|SUBJECT
        user: UserId,
        /// Organization of the roles (default: that of the credential)
        #[arg(long)]
        org: Option<OrgId>,
        #[command(flatten)]
        options: ReadOptions,
    },
    /// Assign roles to a user, in addition to others
    Assign(ChangeCommand),
    /// Take roles from a user
    Unassign(ChangeCommand),
}

/// The arguments of `latchkey users assign` and `latchkey users unassign`.
#[derive(Debug, Args)]
pub struct ChangeCommand {
    /// User, PROVIDER|SUBJECT
    user: UserId,
    /// Role ids, ORGANIZATION:SLUG
    #[arg(required = true, value_name = "ROLE")]
    roles: Vec<RoleId>,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    output: OutputFormat,
    #[command(flatten)]
    api: ApiOptions,
}

impl UsersCommand {
    /// Runs the subcommand.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`ApiClient`](crate::api_client::ApiClient), [`Error::NotStored`] for a user without roles, and [`Error::Ledger`] if the table
    /// cannot be read.
    pub async fn run(self) -> Result<(), Error> {
        match self {
            Self::List(list) => {
                let items = match &list.options.table {
                    Some(table) => list.stored_items(table, |key| matches!(key, ItemKey::Assignment(..))).await?,
                    None => list.client()?.list_assignments().await?,
                };
                print_list(list.options.output, &TABLE_HEADER, "user", &items)
            }
            Self::Get { user, org, options } => {
                let item = if let Some(table) = &options.table {
                    stored_item(table, ItemKey::Assignment(require_org(org)?, user)).await?
                } else {
                    let item = client(&options.api, org.as_ref())?.get_assignment(&user).await?;
                    item.ok_or_else(|| Error::NotStored(format!("no roles are assigned to {user}")))?
                };
                print_item(options.output, &TABLE_HEADER, &item)
            }
            Self::Assign(change) => change.run(true).await,
            Self::Unassign(change) => change.run(false).await,
        }
    }
}

impl ChangeCommand {
    /// Changes one role after the other, and prints the user's roles after the last change.
    async fn run(self, assign: bool) -> Result<(), Error> {
        let mut item = None;
        for role in &self.roles {
            let changed = client(&self.api, Some(role.org()))?.change_assignment(&self.user, role, assign).await?;
            item = Some(changed);
        }
        item.map_or(Ok(()), |item| print_item(self.output, &TABLE_HEADER, &item))
    }
}
