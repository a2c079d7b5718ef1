//! The token page and the readable documentation, with all that they load, from this binary alone.

use std::process::ExitCode;

use rust_embed::Embed;
use shared::{config::PortalFunctionConfig, portal::Portal, web};

/// What `page` was built into.
#[derive(Embed)]
#[folder = "assets"]
struct Built;

fn main() -> ExitCode {
    shared::run(bootstrap)
}

async fn bootstrap(config: PortalFunctionConfig) -> Result<(), web::Error> {
    let files = |name: &str| Built::get(name).map(|file| file.data);
    web::serve(Portal::new(files, &config.portal)?, &config.http).await
}
