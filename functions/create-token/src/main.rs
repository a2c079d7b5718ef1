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
    let signer = aws.keys(config.access_keys()?);
    signer.warm().await;
    let ledger = aws.ledger(config.table()?);
    web::serve(Create { ledger, signer, ids: NanoIds, clock: SystemClock, issuer: config.access_issuer()? }).await
}
