//! Publishes the JWK sets and discovery documents with which tokens are verified, and the OpenAPI document.

use std::process::ExitCode;

use shared::{aws::Aws, config::WellKnownConfig, web, well_known::WellKnown};

fn main() -> ExitCode {
    shared::run(bootstrap)
}

async fn bootstrap(config: WellKnownConfig) -> Result<(), web::Error> {
    let keys = Aws::connect(config.aws).await?.keys(config.key_arns).await;
    web::serve(WellKnown { keys, issuers: config.issuers }, &config.http).await
}
