//! `GET /v1/permissions/me` and `POST /v1/permissions/simulate`: returns the roles of the caller, and decides permissions.

use std::process::ExitCode;

use shared::{
    aws::Aws,
    config::TableConfig,
    decide_permission::DecidePermission,
    list_current_roles::ListCurrentRoles,
    web::{self, CurrentPermissions},
};

fn main() -> ExitCode {
    shared::run(bootstrap)
}

async fn bootstrap(config: TableConfig) -> Result<(), web::Error> {
    let ledger = Aws::connect(config.aws).await?.ledger(config.table_name);
    let roles = ListCurrentRoles { ledger: ledger.clone() };
    let decisions = DecidePermission { ledger };
    web::serve(CurrentPermissions { roles, decisions }, &config.http).await
}
