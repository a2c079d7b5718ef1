//! `latchkey apply`: writes roles and assignments to the ledger's table as an operator.
//!
//! It bypasses the API, which cannot create the first owner of an organization.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::Args;
use shared::{
    access_item::DesiredItem,
    aws::Ledger,
    permissions::OrgId,
    provisioning::{AccessManifest, AdminStore, ApplyError, Change, Provisioning},
    token::{Principal, ProviderName, UserId},
};

use crate::{
    error::Error,
    ledger::LedgerOptions,
    output::{format_table, print_json, print_message, print_result},
};

/// The end of the command's `--help`.
pub const HELP_EXAMPLES: &str = r#"Examples:
  latchkey apply --table my-ledger --owner 'company|auth0|5f7c' --org 123     creates the first owner
  AWS_PROFILE=ops latchkey apply --table my-ledger --provider company roles.json --dry-run
  latchkey apply roles.json                                                   writes to the local stack
  latchkey apply --table my-ledger --export --org 123 > roles.json            reads back what is stored

The file contains roles and assignments:
  {"roles": [{"id": "123:viewer", "name": "Viewer", "grants": [{"action": "*:view"}]}],
   "assignments": [{"org": "123", "user": "5f7c", "roles": ["123:viewer"]},
                   {"org": "123", "principal": "company|auth0|5f7d", "roles": ["123:owner"]}]}

Each member may be omitted. A role in an assignment must be stored or be in the file. An export can be applied to the same
table without a change; in another table, roles that were deleted since must be removed from its assignments first.
The command is idempotent and deletes nothing: to remove all roles of a user, assign an empty list.
With --table, credentials and region come from the AWS environment, as for the AWS CLI: AWS_PROFILE selects a profile,
after `aws sso login`, `aws login` or with a credential_process. AWS_ENDPOINT_URL_DYNAMODB replaces the endpoint."#;

/// The arguments of `latchkey apply`.
#[derive(Debug, Args)]
pub struct ApplyCommand {
    /// Roles and assignments in JSON; each replaces the stored one
    #[arg(value_name = "FILE", required_unless_present_any = ["owner", "export"], conflicts_with = "owner")]
    file: Option<PathBuf>,
    /// User who becomes an owner and keeps all other roles, PROVIDER|SUBJECT
    #[arg(long, value_name = "PRINCIPAL", requires = "org", value_parser = parse_user)]
    owner: Option<UserId>,
    /// Organization of the owner or of the export
    #[arg(long, conflicts_with = "file")]
    org: Option<OrgId>,
    /// Show the changes without writing them
    #[arg(long)]
    dry_run: bool,
    /// Print the stored roles and assignments of --org as a file for this command, and write nothing
    #[arg(long, requires = "org", conflicts_with_all = ["file", "owner", "dry_run", "provider"])]
    export: bool,
    /// Configured name of the identity provider of each `user` in the file (default without --table: local)
    #[arg(long, value_name = "NAME")]
    provider: Option<ProviderName>,
    #[command(flatten)]
    ledger: LedgerOptions,
}

impl ApplyCommand {
    /// Prints the changes and writes them, unless this is a dry run.
    ///
    /// # Errors
    ///
    /// Returns [`Error::InvalidManifest`] for an invalid file, before anything is written, and [`Error::Ledger`] if the table
    /// cannot be read or written.
    pub async fn run(self) -> Result<(), Error> {
        if let (true, Some(org)) = (self.export, &self.org) {
            return self.print_export(org).await;
        }
        let manifest = self.file.as_ref().map(|file| self.read_manifest(file)).transpose()?;
        self.ledger.run(async |ledger| self.apply(manifest, &Provisioning { ledger }).await).await
    }

    async fn apply(&self, manifest: Option<AccessManifest>, provisioning: &Provisioning<Ledger>) -> Result<(), Error> {
        let items = match (manifest, &self.owner, &self.org) {
            (Some(manifest), _, _) => {
                provisioning.check_roles(manifest.items()).await?;
                manifest.items().to_vec()
            }
            (None, Some(owner), Some(org)) => vec![provisioning.with_owner(org, owner).await?],
            _ => return Err(Error::Usage("pass a file, or `--owner` and `--org`".to_owned())),
        };
        let changes = provisioning.compare(&items).await?;
        print_result(&format_table(&["CHANGE", "ITEM"], changes.iter().map(row)))?;
        if self.dry_run {
            print_message("dry run: nothing was written");
            return Ok(());
        }
        provisioning.write(&changes).await?;
        print_message(&summary(&changes));
        Ok(())
    }

    fn read_manifest(&self, path: &Path) -> Result<AccessManifest, Error> {
        let file = path.display().to_string();
        let text = fs::read(path).map_err(|source| Error::Io { what: format!("cannot read `{file}`"), source })?;
        let local_provider = if self.ledger.table.is_none() { "local".parse().ok() } else { None };
        let provider = self.provider.clone().or(local_provider);
        AccessManifest::parse(&text, provider.as_ref()).map_err(|reason| Error::InvalidManifest { file, reason })
    }

    /// Prints the stored roles and assignments of `org`. The command accepts the output, and applying it changes nothing.
    async fn print_export(&self, org: &OrgId) -> Result<(), Error> {
        let list = async |ledger: Ledger| Ok(ledger.list_items(org).await.map_err(ApplyError::from)?);
        let items = self.ledger.run(list).await?;
        let manifest = AccessManifest::export(&items)?;
        print_json(&serde_json::to_string_pretty(&manifest).map_err(|error| Error::Other(error.to_string()))?)
    }
}

fn row((change, item): &(Change, DesiredItem)) -> Vec<String> {
    vec![change.to_string(), item.key.to_string()]
}

fn summary(compared: &[(Change, DesiredItem)]) -> String {
    let count = |kind: Change| compared.iter().filter(|(change, _)| *change == kind).count();
    let added = count(Change::Added);
    let changed = count(Change::Changed);
    let unchanged = count(Change::Unchanged);
    format!("{added} added, {changed} changed, {unchanged} unchanged")
}

/// Parses a principal that is a user: a token cannot own an organization.
fn parse_user(text: &str) -> Result<UserId, String> {
    match text.parse() {
        Ok(Principal::User(id)) => Ok(id),
        Ok(Principal::Token(_)) => Err("an owner must be a user, PROVIDER|SUBJECT".to_owned()),
        Err(error) => Err(format!("{error}")),
    }
}
