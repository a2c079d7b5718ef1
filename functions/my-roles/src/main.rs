//! `GET /v1/permissions/me`: returns the roles of the caller.

use std::process::ExitCode;

use shared::{aws::Aws, config::TableConfig, list_current_roles::ListCurrentRoles, web};

fn main() -> ExitCode {
    shared::run(bootstrap)
}

async fn bootstrap(config: TableConfig) -> Result<(), web::Error> {
    let ledger = Aws::connect(config.aws).await?.ledger(config.table_name);
    web::serve(ListCurrentRoles { ledger }, &config.http).await
}
