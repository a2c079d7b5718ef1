//! `latchkey token revoke`.

use std::io::{self, BufRead, IsTerminal, Write};

use clap::Args;

use super::{asker::Asker, bulk, id};
use crate::{
    access::Access,
    api::{Api, Filter},
    error::Error,
    item::every_type,
    output::{Output, say},
};

/// What `--help` says at its end.
pub const EXAMPLES: &str = "Examples:
  latchkey token revoke api_5ZugdRXasLfWBypHi93Fk
  latchkey token revoke --created-by 'local|1001'
  latchkey token revoke --created-by api_5ZugdRXasLfWBypHi93Fk --yes --output json";

/// `latchkey token revoke`.
#[derive(Debug, Args)]
pub struct Revoke {
    /// The tokens' ids; `self` is the token that asks
    #[arg(value_name = "ID", value_parser = id, required_unless_present = "created_by")]
    ids: Vec<String>,
    /// All live tokens that this person or token made, of every type
    #[arg(long, value_name = "PRINCIPAL", conflicts_with = "ids")]
    created_by: Option<String>,
    /// Do not ask before all of somebody's tokens are revoked
    #[arg(long)]
    yes: bool,
    /// How the revoked tokens are written: JSON is one token a line
    #[arg(long, value_enum, default_value_t)]
    output: Output,
    #[command(flatten)]
    access: Access,
}

impl Revoke {
    /// Revokes the named tokens, or those of somebody after asking.
    pub(super) async fn run(self) -> Result<(), Error> {
        let api = Api::open(&self.access)?;
        let Some(principal) = self.created_by else { return bulk::revoke(&api, &self.ids, None, self.output).await };
        let filter = Filter { types: every_type(), created_by: Some(principal.clone()), page_size: None };
        let mut ids: Vec<String> = api.list(&filter).await?.into_iter().map(|listed| listed.item.id).collect();
        match ids.len() {
            0 => say(&format!("`{principal}` made none of the live tokens")),
            number if self.yes || confirmed(&format!("revoke {number} tokens made by `{principal}`?"))? => {
                let asker = Asker::of(&api).await?;
                if let Some(asker) = &asker {
                    asker.put_last(&mut ids);
                }
                bulk::revoke(&api, &ids, asker.as_ref(), self.output).await?;
            }
            _ => say("nothing was revoked"),
        }
        Ok(())
    }
}

/// Whether a person at the terminal says yes.
fn confirmed(question: &str) -> Result<bool, Error> {
    if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        return Err(Error::Usage(format!("{question} nobody can be asked without a terminal: use --yes")));
    }
    let failed = |source| Error::Io { what: "the terminal cannot be read".to_owned(), source };
    write!(io::stderr(), "{question} [y/N] ").map_err(failed)?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).map_err(failed)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}
