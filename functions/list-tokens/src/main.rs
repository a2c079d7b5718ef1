//! `GET /v1/access-tokens`: lists the live tokens of an organization.

use std::process::ExitCode;

use shared::{aws::Aws, config::Config, list::List, system::SystemClock, web};

fn main() -> ExitCode {
    shared::start(door)
}

async fn door(config: Config) -> Result<(), web::Error> {
    let ledger = Aws::connect(config.access()?)?.ledger(config.table()?);
    web::serve(List { ledger, clock: SystemClock }, &config).await
}
