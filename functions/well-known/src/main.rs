//! The JWK set and the OpenID configuration, for anyone who verifies tokens.

use std::process::ExitCode;

use shared::{aws::Aws, config::WellKnownConfig, publish::Publish, web};

fn main() -> ExitCode {
    shared::start(bootstrap)
}

async fn bootstrap(config: WellKnownConfig) -> Result<(), web::Error> {
    let keys = Aws::connect(config.aws)?.keys(config.key_arns).await;
    web::serve(Publish { keys, issuers: config.issuers }, &config.http).await
}
