//! `cargo local token`: prints a bearer token of a user.

use std::{error::Error, io::Write, path::Path, time::Duration};

use data_dir::StackAddresses;
use jiff::Timestamp;

use super::{TokenArgs, block_on};
use crate::{
    idp::{
        issuer::{Issuer, UserClaims},
        users::{User, assigned_users},
    },
    stack::operator,
    template::PseudoParameters,
};

/// Most users that an error lists.
const MAX_LISTED_USERS: usize = 20;

/// Prints the token on a line of its own. Creates no file.
///
/// # Errors
///
/// Fails without a stack, and for a user without roles in the organization unless `--force` or `--roles` is given.
pub(super) fn print(arguments: &TokenArgs) -> Result<(), Box<dyn Error>> {
    let data_dir = arguments.stack.find()?;
    if !arguments.force && arguments.roles.is_none() {
        block_on(require_roles(&data_dir, &arguments.org, &arguments.user))?;
    }
    let issuer = Issuer::read(&data_dir)?.ok_or("the local stack's data directory was removed")?;
    let claims = UserClaims {
        org: arguments.org.clone(),
        user: arguments.user.clone(),
        roles: arguments.roles.clone(),
        ttl: arguments.ttl,
    };
    writeln!(std::io::stdout(), "{}", issuer.token(&claims, Timestamp::now())?)?;
    Ok(())
}

/// Fails if the running stack has no roles for the user in the organization.
async fn require_roles(data_dir: &Path, org: &str, user: &str) -> Result<(), Box<dyn Error>> {
    let addresses = StackAddresses::read(data_dir)?;
    let client = operator(&addresses.dynamodb_url, &PseudoParameters::default());
    let users = assigned_users(client, addresses.table).await;
    let users = users.map_err(|error| format!("cannot read the role assignments of the local stack: {error}"))?;
    if users.iter().any(|known| known.org == org && known.id == user) {
        return Ok(());
    }
    let problem = format!("user `{user}` has no roles in organization `{org}`");
    let action = "pass `--roles` or `--force` to print a token nevertheless";
    Err(format!("{problem}: {action}; users with roles: {}", list(&users)).into())
}

fn list(users: &[User]) -> String {
    let listed = users.iter().take(MAX_LISTED_USERS).map(|user| format!("`--org {} --user {}`", user.org, user.id));
    let mut listed: Vec<_> = listed.collect();
    if users.len() > MAX_LISTED_USERS {
        listed.push(format!("{} more", users.len() - MAX_LISTED_USERS));
    }
    listed.join(", ")
}

/// Parses a duration such as `30m` or `12h`.
pub(super) fn parse_ttl(text: &str) -> Result<Duration, String> {
    let duration: jiff::SignedDuration = text.parse().map_err(|_| "a lifetime has the form 30m or 12h")?;
    Duration::try_from(duration).map_err(|_| "a lifetime must not be negative".to_owned())
}
