//! `POST /v1/access-tokens`: creates a token.

use std::process::ExitCode;

use shared::{
    aws::Aws,
    config::CreateTokenConfig,
    create::Create,
    system::{NanoIdGenerator, SystemClock},
    token::Families,
    web,
};

fn main() -> ExitCode {
    shared::run(bootstrap)
}

async fn bootstrap(config: CreateTokenConfig) -> Result<(), web::Error> {
    let CreateTokenConfig { aws, table_name, key_arns, issuers, max_lifetime, http } = config;
    let aws = Aws::connect(aws).await?;
    let (ledger, signers) = aws.ledger_and_keys(table_name, key_arns, Families { access: true, public: true }).await;
    web::serve(Create { ledger, signers, ids: NanoIdGenerator, clock: SystemClock, issuers, max_lifetime }, &http).await
}
