//! The JWK set and the OpenID configuration, for anyone who verifies tokens.

use std::process::ExitCode;

use shared::{aws::Aws, config::Config, publish::Publish, web};

fn main() -> ExitCode {
    shared::start(door)
}

async fn door(config: Config) -> Result<(), web::Error> {
    let keys = Aws::connect().await.keys(config.access_keys()?);
    keys.warm().await;
    web::serve(Publish { keys, issuer: config.access_issuer_url()? }).await
}
