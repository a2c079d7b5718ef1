//! `GET /v1/access-tokens/{id}`: reads one token.

use std::process::ExitCode;

use shared::{aws::Aws, config::Config, get::Get, web};

fn main() -> ExitCode {
    shared::start(door)
}

async fn door(config: Config) -> Result<(), web::Error> {
    web::serve(Get { ledger: Aws::connect(config.access()?)?.ledger(config.table()?) }, &config).await
}
