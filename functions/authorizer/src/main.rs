//! The Lambda authorizer: decides for every request who asks and whether they may.

use std::process::ExitCode;

use shared::{authorize::Authorize, aws::Aws, config::Config, oidc::OidcKeys, system::SystemClock, web};

fn main() -> ExitCode {
    shared::start(door)
}

async fn door(config: Config) -> Result<(), web::Error> {
    let policy = config.policy()?;
    let aws = Aws::connect().await;
    let keys = aws.keys(config.keys()?).await;
    let ledger = aws.ledger(config.table()?);
    let provider_keys = OidcKeys::default();
    web::serve_authorizer(Authorize { ledger, keys, provider_keys, clock: SystemClock, policy }).await
}
