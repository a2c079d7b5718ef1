//! `latchkey roles` and `latchkey users`: the roles of an organization and their assignments, through the API as an owner, or read
//! from the table of a deployment as an operator.

use std::fs;

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use shared::{
    aws::Ledger,
    permissions::{OrgId, RoleId},
    provisioning::{AccessManifest, AdminStore, ApplyError, ItemKey, ItemValue},
    token::UserId,
};

use crate::{
    api_client::{ApiClient, ApiOptions, access::AccessItem},
    error::Error,
    ledger::run_on_deployment,
    output::{OutputFormat, format_table, plural, print_json, print_message, print_result},
};

/// The end of the help of `latchkey roles`.
pub const ROLES_HELP_EXAMPLES: &str = "Examples:
  latchkey roles list
  latchkey roles put 123:clerk --name Clerk --grants '[{\"action\": \"order:*\"}]'
  latchkey roles delete 123:clerk
  latchkey roles get 123:viewer --table my-ledger --output json

The commands call the API, as a user with the owner role. With --table, `list` and `get` read the table of a deployment as an
operator. With --output json, a role has the form that `latchkey apply` reads.";

/// The end of the help of `latchkey users`.
pub const USERS_HELP_EXAMPLES: &str = "Examples:
  latchkey users list
  latchkey users assign 'company|auth0|5f7c' 123:clerk 123:viewer
  latchkey users unassign 'company|auth0|5f7c' 123:viewer
  latchkey users get 'company|auth0|5f7c' --org 123 --table my-ledger

The commands call the API, as a user with the owner role. With --table, `list` and `get` read the table of a deployment as an
operator. Only users to whom roles are assigned in the table are listed: the roles of others come from a claim of their identity
provider.";

/// The columns of roles.
const ROLE_HEADER: [&str; 3] = ["ROLE", "NAME", "GRANTS"];
/// The columns of users.
const USER_HEADER: [&str; 2] = ["USER", "ROLES"];

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

/// The arguments of a list.
#[derive(Debug, Args)]
pub struct ListCommand {
    /// Organization (default: that of the credential)
    #[arg(long)]
    org: Option<OrgId>,
    #[command(flatten)]
    options: ReadOptions,
}

/// The options of every command that reads.
#[derive(Debug, Args)]
pub struct ReadOptions {
    /// Read this DynamoDB table of a deployment as an operator, instead of calling the API
    #[arg(long, value_name = "NAME", conflicts_with_all = ["url", "data", "ephemeral", "token_stdin"])]
    table: Option<String>,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    output: OutputFormat,
    #[command(flatten)]
    api: ApiOptions,
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

impl RolesCommand {
    /// Runs the subcommand.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`ApiClient`]; with a table [`Error::NotStored`] for a role that is not stored, and
    /// [`Error::Ledger`] if the table cannot be read.
    pub async fn run(self) -> Result<(), Error> {
        match self {
            Self::List(list) => {
                let items = match &list.options.table {
                    Some(table) => list.stored_items(table, |key| matches!(key, ItemKey::Role(_))).await?,
                    None => list.client()?.list_roles().await?,
                };
                print_list(list.options.output, &ROLE_HEADER, "role", &items)
            }
            Self::Get { id, options } => {
                let item = match &options.table {
                    Some(table) => stored_item(table, ItemKey::Role(id)).await?,
                    None => client(&options.api, Some(id.org()))?.get_role(&id).await?,
                };
                print_item(options.output, &ROLE_HEADER, &item)
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

impl UsersCommand {
    /// Runs the subcommand.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`ApiClient`], [`Error::NotStored`] for a user without roles, and [`Error::Ledger`] if the table
    /// cannot be read.
    pub async fn run(self) -> Result<(), Error> {
        match self {
            Self::List(list) => {
                let items = match &list.options.table {
                    Some(table) => list.stored_items(table, |key| matches!(key, ItemKey::Assignment(..))).await?,
                    None => list.client()?.list_assignments().await?,
                };
                print_list(list.options.output, &USER_HEADER, "user", &items)
            }
            Self::Get { user, org, options } => {
                let item = if let Some(table) = &options.table {
                    stored_item(table, ItemKey::Assignment(require_org(org)?, user)).await?
                } else {
                    let item = client(&options.api, org.as_ref())?.get_assignment(&user).await?;
                    item.ok_or_else(|| Error::NotStored(format!("no roles are assigned to {user}")))?
                };
                print_item(options.output, &USER_HEADER, &item)
            }
            Self::Assign(change) => change.run(true).await,
            Self::Unassign(change) => change.run(false).await,
        }
    }
}

impl ListCommand {
    fn client(&self) -> Result<ApiClient, Error> {
        client(&self.options.api, self.org.as_ref())
    }

    /// The items of the table whose keys are listed.
    async fn stored_items(&self, table: &str, is_listed: impl Fn(&ItemKey) -> bool) -> Result<Vec<AccessItem>, Error> {
        let org = require_org(self.org.clone())?;
        let list = async |ledger: Ledger| Ok(ledger.list_items(&org).await.map_err(ApplyError::from)?);
        let items = run_on_deployment(table, list).await?;
        Ok(items.into_iter().filter(|(key, _)| is_listed(key)).collect())
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
        print_item(self.output, &ROLE_HEADER, &item)
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
        item.map_or(Ok(()), |item| print_item(self.output, &USER_HEADER, &item))
    }
}

/// A client whose requests act in `org`, if it is given.
fn client(api: &ApiOptions, org: Option<&OrgId>) -> Result<ApiClient, Error> {
    Ok(ApiClient::authenticated(api)?.in_org(org.cloned()))
}

/// The organization, which a table does not determine.
fn require_org(org: Option<OrgId>) -> Result<OrgId, Error> {
    org.ok_or_else(|| Error::Usage("`--table` requires `--org`".to_owned()))
}

/// The item at `key` of a deployment's table.
async fn stored_item(table: &str, key: ItemKey) -> Result<AccessItem, Error> {
    let read = async |ledger: Ledger| Ok(ledger.read_item(&key).await.map_err(ApplyError::from)?);
    let stored = run_on_deployment(table, read).await?;
    let value = stored.ok_or_else(|| Error::NotStored(format!("no item is stored for the {key}")))?;
    Ok((key, value))
}

fn print_list(output: OutputFormat, header: &[&str], noun: &str, items: &[AccessItem]) -> Result<(), Error> {
    if output == OutputFormat::Json {
        return print_json(&Value::Array(items.iter().map(to_json).collect()).to_string());
    }
    print_result(&format_table(header, items.iter().map(to_row)))?;
    print_message(&plural(items.len(), noun));
    Ok(())
}

fn print_item(output: OutputFormat, header: &[&str], item: &AccessItem) -> Result<(), Error> {
    match output {
        OutputFormat::Json => print_json(&to_json(item).to_string()),
        OutputFormat::Table => print_result(&format_table(header, [to_row(item)])),
    }
}

/// The item in the form of an access manifest. An unreadable one is marked and has no value.
fn to_json((key, value): &AccessItem) -> Value {
    AccessManifest::entry(key, value).unwrap_or_else(|| match key {
        ItemKey::Role(id) => json!({"id": id, "unreadable": true}),
        ItemKey::Assignment(org, user) => json!({"org": org, "principal": user.to_string(), "unreadable": true}),
    })
}

fn to_row((key, value): &AccessItem) -> Vec<String> {
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
