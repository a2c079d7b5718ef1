//! The JWK set and the OpenID configuration, for anyone who verifies tokens.

use std::process::ExitCode;

use shared::{aws::Aws, config::Config, publish::Publish, web};

fn main() -> ExitCode {
    shared::start(door)
}

async fn door(config: Config) -> Result<(), web::Error> {
    let issuers = config.issuer_urls()?;
    let keys = Aws::connect(config.access()?)?.keys(config.keys()?).await;
    web::serve(Publish { keys, issuers }, &config).await
}
