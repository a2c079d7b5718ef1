//! `latchkey roles` and `latchkey users`: read back the roles and assignments that are stored.

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use shared::{
    aws::Ledger,
    permissions::{OrgId, RoleId},
    provisioning::{AccessManifest, AdminStore, ApplyError, ItemKey, ItemValue},
    token::UserId,
};

use crate::{
    error::Error,
    ledger::LedgerOptions,
    output::{OutputFormat, format_table, plural, print_json, print_message, print_result},
};

/// The end of the help of `latchkey roles`.
pub const ROLES_HELP_EXAMPLES: &str = "Examples:
  latchkey roles list --org 123
  latchkey roles get 123:viewer --table my-ledger --output json

The roles are read from the table as an operator, without the API. With --output json, a role has the form that
`latchkey apply` reads.";

/// The end of the help of `latchkey users`.
pub const USERS_HELP_EXAMPLES: &str = "Examples:
  latchkey users list --org 123
  latchkey users get 'company|auth0|5f7c' --org 123 --table my-ledger

Only users to whom roles are assigned in the table are listed: the roles of others come from a claim of their identity
provider.";

/// The subcommands of `latchkey roles`.
#[derive(Debug, Subcommand)]
pub enum RolesCommand {
    /// List the stored roles of an organization
    List(ListCommand),
    /// Show one stored role
    Get {
        /// Role id, ORGANIZATION:SLUG
        id: RoleId,
        #[command(flatten)]
        options: ReadOptions,
    },
}

/// The subcommands of `latchkey users`.
#[derive(Debug, Subcommand)]
pub enum UsersCommand {
    /// List the users to whom roles are assigned in an organization
    List(ListCommand),
    /// Show the roles that are assigned to one user
    Get {
        /// User, PROVIDER|SUBJECT
        user: UserId,
        /// Organization of the roles
        #[arg(long)]
        org: OrgId,
        #[command(flatten)]
        options: ReadOptions,
    },
}

/// The arguments of a list.
#[derive(Debug, Args)]
pub struct ListCommand {
    /// Organization
    #[arg(long)]
    org: OrgId,
    #[command(flatten)]
    options: ReadOptions,
}

/// The options of every command that reads stored items.
#[derive(Debug, Args)]
pub struct ReadOptions {
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    output: OutputFormat,
    #[command(flatten)]
    ledger: LedgerOptions,
}

/// A stored item.
type Item = (ItemKey, ItemValue);

impl RolesCommand {
    /// Prints the roles.
    ///
    /// # Errors
    ///
    /// Returns [`Error::NotStored`] for a role that is not stored, and [`Error::Ledger`] if the table cannot be read.
    pub async fn run(self) -> Result<(), Error> {
        match self {
            Self::List(list) => {
                list.run(&["ROLE", "NAME", "GRANTS"], "role", |key| matches!(key, ItemKey::Role(_))).await
            }
            Self::Get { id, options } => options.show(ItemKey::Role(id), &["ROLE", "NAME", "GRANTS"]).await,
        }
    }
}

impl UsersCommand {
    /// Prints the users with their roles.
    ///
    /// # Errors
    ///
    /// Returns [`Error::NotStored`] for a user without an assignment, and [`Error::Ledger`] if the table cannot be read.
    pub async fn run(self) -> Result<(), Error> {
        match self {
            Self::List(list) => {
                list.run(&["USER", "ROLES"], "user", |key| matches!(key, ItemKey::Assignment(..))).await
            }
            Self::Get { user, org, options } => options.show(ItemKey::Assignment(org, user), &["USER", "ROLES"]).await,
        }
    }
}

impl ListCommand {
    async fn run(self, header: &[&str], noun: &str, is_listed: impl Fn(&ItemKey) -> bool) -> Result<(), Error> {
        let list = async |ledger: Ledger| Ok(ledger.list_items(&self.org).await.map_err(ApplyError::from)?);
        let items = self.options.ledger.run(list).await?;
        let items: Vec<Item> = items.into_iter().filter(|(key, _)| is_listed(key)).collect();
        if self.options.output == OutputFormat::Json {
            return print_json(&Value::Array(items.iter().map(to_json).collect()).to_string());
        }
        print_result(&format_table(header, items.iter().map(to_row)))?;
        print_message(&plural(items.len(), noun));
        Ok(())
    }
}

impl ReadOptions {
    async fn show(self, key: ItemKey, header: &[&str]) -> Result<(), Error> {
        let read = async |ledger: Ledger| Ok(ledger.read_item(&key).await.map_err(ApplyError::from)?);
        let stored = self.ledger.run(read).await?;
        let value = stored.ok_or_else(|| Error::NotStored(format!("no item is stored for the {key}")))?;
        let item = (key, value);
        match self.output {
            OutputFormat::Json => print_json(&to_json(&item).to_string()),
            OutputFormat::Table => print_result(&format_table(header, [to_row(&item)])),
        }
    }
}

/// The item in the form of an access manifest. An unreadable one is marked and has no value.
fn to_json((key, value): &Item) -> Value {
    AccessManifest::entry(key, value).unwrap_or_else(|| match key {
        ItemKey::Role(id) => json!({"id": id, "unreadable": true}),
        ItemKey::Assignment(org, user) => json!({"org": org, "principal": user.to_string(), "unreadable": true}),
    })
}

fn to_row((key, value): &Item) -> Vec<String> {
    let name = match key {
        ItemKey::Role(id) => id.to_string(),
        ItemKey::Assignment(_, user) => user.to_string(),
    };
    let unreadable = "unreadable: invalid, or written by a newer version".to_owned();
    match value {
        ItemValue::Role { name: display_name, grants } => vec![name, display_name.clone(), describe(grants)],
        ItemValue::Assignment(roles) => vec![name, roles.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")],
        ItemValue::Unreadable if matches!(key, ItemKey::Role(_)) => vec![name, String::new(), unreadable],
        ItemValue::Unreadable => vec![name, unreadable],
    }
}

/// The grants in one line: `token:create, deny billing:* on invoice/*`.
fn describe(grants: &Value) -> String {
    let describe = |grant: &Value| {
        let text = |name: &str| grant[name].as_str().unwrap_or_default().to_owned();
        let effect = if text("effect") == "deny" { "deny " } else { "" };
        let resource = if grant["resource"].is_null() { String::new() } else { format!(" on {}", text("resource")) };
        format!("{effect}{}{resource}", text("action"))
    };
    grants.as_array().into_iter().flatten().map(describe).collect::<Vec<_>>().join(", ")
}
