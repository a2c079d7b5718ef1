//! `GET /v1/access-tokens/{id}`: returns the metadata of a token.

use std::process::ExitCode;

use shared::{aws::Aws, config::TableConfig, get::Get, web};

fn main() -> ExitCode {
    shared::run(bootstrap)
}

async fn bootstrap(config: TableConfig) -> Result<(), web::Error> {
    let ledger = Aws::connect(config.aws).await?.ledger(config.table_name);
    web::serve(Get { ledger }, &config.http).await
}
