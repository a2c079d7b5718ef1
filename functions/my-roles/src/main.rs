//! `GET /v1/permissions/me`: tells a caller which roles they hold.

use std::process::ExitCode;

use shared::{aws::Aws, config::Config, my_roles::MyRoles, web};

fn main() -> ExitCode {
    shared::start(door)
}

async fn door(config: Config) -> Result<(), web::Error> {
    web::serve(MyRoles { ledger: Aws::connect(config.access()?)?.ledger(config.table()?) }, &config).await
}
