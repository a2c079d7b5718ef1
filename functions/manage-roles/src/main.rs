//! `/v1/permissions/roles` and `/v1/permissions/assignments`: manages the roles and assignments of an organization.

use std::process::ExitCode;

use shared::{aws::Aws, config::TableConfig, manage_roles::ManageRoles, web};

fn main() -> ExitCode {
    shared::run(bootstrap)
}

async fn bootstrap(config: TableConfig) -> Result<(), web::Error> {
    let ledger = Aws::connect(config.aws).await?.ledger(config.table_name);
    web::serve(ManageRoles { ledger }, &config.http).await
}
