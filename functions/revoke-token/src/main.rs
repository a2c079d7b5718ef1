//! `DELETE /v1/access-tokens/{id}`: revokes a token, at once and for good.

use std::process::ExitCode;

use shared::{aws::Aws, config::Config, revoke::Revoke, system::SystemClock, web};

fn main() -> ExitCode {
    shared::start(door)
}

async fn door(config: Config) -> Result<(), web::Error> {
    let ledger = Aws::connect(config.access()?)?.ledger(config.table()?);
    web::serve(Revoke { ledger, clock: SystemClock }, &config).await
}
