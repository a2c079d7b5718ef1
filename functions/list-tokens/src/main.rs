//! `GET /v1/access-tokens`: lists the active tokens of an organization.

use std::process::ExitCode;

use shared::{aws::Aws, config::TableConfig, list::List, system::SystemClock, web};

fn main() -> ExitCode {
    shared::run(bootstrap)
}

async fn bootstrap(config: TableConfig) -> Result<(), web::Error> {
    let ledger = Aws::connect(config.aws).await?.ledger(config.table_name);
    web::serve(List { ledger, clock: SystemClock }, &config.http).await
}
