//! `POST /v1/access-tokens`: signs a token and records it.

use std::process::ExitCode;

use shared::{
    aws::Aws,
    config::Config,
    create::Create,
    system::{NanoIds, SystemClock},
    web,
};

fn main() -> ExitCode {
    shared::start(door)
}

async fn door(config: Config) -> Result<(), web::Error> {
    let aws = Aws::connect().await;
    let (issuers, ceiling) = (config.issuers()?, config.ceiling()?);
    let signers = aws.keys(config.keys()?).await;
    let ledger = aws.ledger(config.table()?);
    web::serve(Create { ledger, signers, ids: NanoIds, clock: SystemClock, issuers, ceiling }, &config).await
}
