//! `cargo local token`: prints a bearer token of a user.

use std::{error::Error, io::Write, time::Duration};

use jiff::Timestamp;

use super::TokenArgs;
use crate::idp::issuer::{Issuer, UserClaims};

/// Prints the token on a line of its own. Creates no file.
///
/// # Errors
///
/// Fails without a stack, and for a user without roles in the organization unless `--force` or `--roles` is given.
pub(super) fn print(arguments: &TokenArgs) -> Result<(), Box<dyn Error>> {
    let data_dir = arguments.stack.find()?;
    let issuer = Issuer::open(&data_dir, 0)?;
    let claims = UserClaims {
        org: arguments.org.clone(),
        user: arguments.user.clone(),
        roles: arguments.roles.clone(),
        ttl: arguments.ttl,
    };
    writeln!(std::io::stdout(), "{}", issuer.token(&claims, Timestamp::now())?)?;
    Ok(())
}

/// Parses a duration such as `30m` or `12h`.
pub(super) fn parse_ttl(text: &str) -> Result<Duration, String> {
    let duration: jiff::SignedDuration = text.parse().map_err(|_| "a lifetime has the form 30m or 12h")?;
    Duration::try_from(duration).map_err(|_| "a lifetime must not be negative".to_owned())
}
