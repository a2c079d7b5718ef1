//! `PATCH /v1/access-tokens/{id}`: changes the name and the description of a token.

use std::process::ExitCode;

use shared::{aws::Aws, config::TableConfig, system::SystemClock, update::Update, web};

fn main() -> ExitCode {
    shared::run(bootstrap)
}

async fn bootstrap(config: TableConfig) -> Result<(), web::Error> {
    let ledger = Aws::connect(config.aws).await?.ledger(config.table_name);
    web::serve(Update { ledger, clock: SystemClock }, &config.http).await
}
