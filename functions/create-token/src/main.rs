//! `POST /v1/access-tokens`: signs a token and records it.

use std::process::ExitCode;

use shared::{
    aws::Aws,
    config::CreateTokenConfig,
    create::Create,
    system::{NanoIds, SystemClock},
    token::Families,
    web,
};

fn main() -> ExitCode {
    shared::start(bootstrap)
}

async fn bootstrap(config: CreateTokenConfig) -> Result<(), web::Error> {
    let CreateTokenConfig { aws, table_name, key_arns, issuers, ceiling, http } = config;
    let aws = Aws::connect(aws)?;
    let (ledger, signers) = aws.both(table_name, key_arns, Families { access: true, public: true }).await;
    web::serve(Create { ledger, signers, ids: NanoIds, clock: SystemClock, issuers, ceiling }, &http).await
}
