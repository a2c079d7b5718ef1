//! `GET /v1/permissions/me`: tells a caller which roles they hold.

use std::process::ExitCode;

use shared::{aws::Aws, config::TableConfig, my_roles::MyRoles, web};

fn main() -> ExitCode {
    shared::start(bootstrap)
}

async fn bootstrap(config: TableConfig) -> Result<(), web::Error> {
    let ledger = Aws::connect(config.aws)?.ledger(config.table_name);
    web::serve(MyRoles { ledger }, &config.http).await
}
