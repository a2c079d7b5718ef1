//! `POST /v1/access-tokens`: signs a token and records it.

use std::process::ExitCode;

use shared::{
    aws::Aws,
    config::Config,
    create::Create,
    system::{NanoIds, SystemClock},
    token::Families,
    web,
};

fn main() -> ExitCode {
    shared::start(door)
}

async fn door(config: Config) -> Result<(), web::Error> {
    let aws = Aws::connect(config.access()?)?;
    let (issuers, ceiling) = (config.issuers()?, config.ceiling()?);
    let (ledger, signers) = aws.both(config.table()?, config.keys()?, Families { access: true, public: true }).await;
    web::serve(Create { ledger, signers, ids: NanoIds, clock: SystemClock, issuers, ceiling }, &config).await
}
