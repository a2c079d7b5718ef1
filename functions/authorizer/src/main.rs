//! The Lambda authorizer: decides for every request who asks and whether they may.

use std::process::ExitCode;

use shared::{authorize::Authorize, aws::Aws, config::Config, oidc::OidcKeys, system::SystemClock, web};

fn main() -> ExitCode {
    shared::start(door)
}

async fn door(config: Config) -> Result<(), web::Error> {
    let policy = config.policy()?;
    let aws = Aws::connect(config.access()?)?;
    let (ledger, keys) = aws.both(config.table()?, config.keys()?, policy.families()).await;
    let provider_keys = OidcKeys::default();
    web::serve_authorizer(Authorize { ledger, keys, provider_keys, clock: SystemClock, policy }).await
}
