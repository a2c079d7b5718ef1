//! `cargo local token`.

use std::{error::Error, io::Write, time::Duration};

use jiff::Timestamp;

use super::{PORT, Token};
use crate::{
    idp::issuer::{Issuer, UserClaims},
    stack::folder,
};

/// Prints the token, alone on its line. Whether the service runs makes no difference.
pub(super) fn print(token: &Token) -> Result<(), Box<dyn Error>> {
    let unusable = |error| format!("the folder `{}` cannot be used: {error}", token.data.display());
    folder::make(&token.data).map_err(unusable)?;
    let identity = Issuer::open(&token.data, PORT + 1)?;
    let claims =
        UserClaims { org: token.org.clone(), user: token.user.clone(), roles: token.roles.clone(), ttl: token.ttl };
    writeln!(std::io::stdout(), "{}", identity.token(&claims, Timestamp::now())?)?;
    Ok(())
}

/// A duration like `30m` or `12h`.
pub(super) fn ttl(text: &str) -> Result<Duration, String> {
    let duration: jiff::SignedDuration = text.parse().map_err(|_| "a duration is written like 30m or 12h")?;
    Duration::try_from(duration).map_err(|_| "a duration is not negative".to_owned())
}
