//! `DELETE /v1/access-tokens/{id}` and `POST /v1/access-tokens/revoke`: revokes a token, or many, immediately and permanently.

use std::process::ExitCode;

use shared::{aws::Aws, config::TableConfig, revoke::Revoke, system::SystemClock, web};

fn main() -> ExitCode {
    shared::run(bootstrap)
}

async fn bootstrap(config: TableConfig) -> Result<(), web::Error> {
    let ledger = Aws::connect(config.aws).await?.ledger(config.table_name);
    web::serve(Revoke { ledger, clock: SystemClock }, &config.http).await
}
