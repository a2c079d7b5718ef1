//! `latchkey roles` and `latchkey users`: the roles of an organization and their assignments, through the API as an owner, or read
//! from the table of a deployment as an operator.

pub mod roles;
pub mod users;

use clap::Args;
use serde_json::{Value, json};
use shared::{
    access_item::{ItemKey, ItemValue},
    aws::Ledger,
    permissions::OrgId,
    provisioning::{AccessManifest, AdminStore, ApplyError},
};

use crate::{
    api_client::{ApiClient, ApiOptions, access::AccessItem},
    error::Error,
    ledger::run_on_deployment,
    output::{OutputFormat, format_table, plural, print_json, print_message, print_result},
};

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
