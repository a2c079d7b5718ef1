//! `latchkey apply`: an operator's tool on the ledger. It does not ask the API, which cannot make the first owner.

use std::{fs, path::PathBuf};

use aws_sdk_dynamodb::{
    Client,
    config::{BehaviorVersion, Credentials, Region},
};
use clap::Args;
use shared::{
    apply::{Apply, Change, Entry, Setup},
    aws::{self, Ledger},
    rights::OrgId,
    token::{Principal, ProviderName, UserId},
};

use crate::{
    error::Error,
    local_stack::LocalStack,
    output::{columns, print, say},
};

/// What `--help` says at its end.
pub const EXAMPLES: &str = r#"Examples:
  latchkey apply --table my-ledger --owner 'company|auth0|5f7c' --org 123     the first owner, after deploying
  latchkey apply --table my-ledger --provider company roles.json --dry-run
  latchkey apply roles.json                                                   beside a local service

A file holds roles and who has them:
  {"roles": [{"id": "123:viewer", "name": "Viewer", "grants": [{"action": "*:view"}]}],
   "assignments": [{"org": "123", "user": "5f7c", "roles": ["123:viewer"]},
                   {"org": "123", "principal": "company|auth0|5f7d", "roles": ["123:owner"]}]}

Doing it twice changes nothing more, and nothing is ever deleted: a person who is to lose all roles is assigned none.
With --table, credentials and region are those of the AWS environment, and AWS_ENDPOINT_URL_DYNAMODB is honoured."#;

/// `latchkey apply`.
#[derive(Debug, Args)]
pub struct Command {
    /// The roles and assignments to be written over those that are there
    #[arg(value_name = "FILE", required_unless_present = "owner", conflicts_with = "owner")]
    file: Option<PathBuf>,
    /// A person, PROVIDER|SUBJECT, who gets the role of the owner beside those that they have
    #[arg(long, value_name = "PRINCIPAL", requires = "org", value_parser = person)]
    owner: Option<UserId>,
    /// The organization of the owner
    #[arg(long, requires = "owner")]
    org: Option<OrgId>,
    /// Tell what would change, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// The ledger's table; without it, the ledger of the local service below the current folder
    #[arg(long, value_name = "NAME")]
    table: Option<String>,
    /// The identity provider of the users in the file, by its configured name; without it, `local` beside a local service
    #[arg(long, value_name = "NAME")]
    provider: Option<ProviderName>,
}

impl Command {
    /// Tells what changes, and writes it.
    ///
    /// # Errors
    ///
    /// [`Error::Setup`] for a broken file, before anything is written; [`Error::Ledger`].
    pub async fn run(self) -> Result<(), Error> {
        let setup = self.file.as_ref().map(|file| self.read(file)).transpose()?;
        let apply = Apply { ledger: self.ledger().await? };
        let entries = match (setup, &self.owner, &self.org) {
            (Some(setup), _, _) => setup.entries().to_vec(),
            (None, Some(owner), Some(org)) => vec![apply.with_owner(org, owner).await?],
            _ => return Err(Error::Usage("name a file, or --owner and --org".to_owned())),
        };
        let compared = apply.compare(&entries).await?;
        print(&columns(&["CHANGE", "WHAT"], compared.iter().map(row)))?;
        if self.dry_run {
            say("dry run: nothing was written");
            return Ok(());
        }
        apply.write(&compared).await?;
        say(&summary(&compared));
        Ok(())
    }

    fn read(&self, file: &PathBuf) -> Result<Setup, Error> {
        let name = file.display().to_string();
        let text = fs::read(file).map_err(|source| Error::Io { what: format!("`{name}` cannot be read"), source })?;
        let local = if self.table.is_none() { "local".parse().ok() } else { None };
        let provider = self.provider.clone().or(local);
        Setup::parse(&text, provider.as_ref()).map_err(|why| Error::Setup { file: name, why })
    }

    async fn ledger(&self) -> Result<Ledger, Error> {
        match &self.table {
            Some(table) => Ok(ledger(table).await),
            None => LocalStack::find().map(local_ledger),
        }
    }
}

/// The ledger of a deployment, by the credentials and the region of whoever runs this, wherever the AWS CLI finds its own.
async fn ledger(table: &str) -> Ledger {
    let config = aws_config::defaults(BehaviorVersion::latest());
    let config = config.timeout_config(aws::timeouts()).retry_config(aws::retries()).load().await;
    Ledger::through(Client::new(&config), table.to_owned())
}

/// The ledger of a local service, which takes its operator by name and no secret.
fn local_ledger(stack: LocalStack) -> Ledger {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("operator", "local", None, None, "local"))
        .endpoint_url(stack.dynamodb_url);
    Ledger::through(Client::from_conf(config.build()), stack.table)
}

fn row((change, entry): &(Change, Entry)) -> Vec<String> {
    vec![change.to_string(), entry.place.to_string()]
}

fn summary(compared: &[(Change, Entry)]) -> String {
    let number = |wanted: Change| compared.iter().filter(|(change, _)| *change == wanted).count();
    let [added, changed, unchanged] = [Change::Added, Change::Changed, Change::Unchanged].map(number);
    format!("{added} added, {changed} changed, {unchanged} unchanged")
}

fn person(text: &str) -> Result<UserId, String> {
    match text.parse() {
        Ok(Principal::User(id)) => Ok(id),
        Ok(Principal::Token(_)) => Err("a token is no owner".to_owned()),
        Err(error) => Err(format!("{error}")),
    }
}
