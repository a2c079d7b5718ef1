//! Serves the token page, the documentation page and their assets, which are embedded in the binary.

use std::process::ExitCode;

use rust_embed::Embed;
use shared::{config::PortalFunctionConfig, portal::Portal, web};

/// The files that the build of `functions/portal/page` writes.
#[derive(Embed)]
#[folder = "assets"]
struct Assets;

fn main() -> ExitCode {
    shared::run(bootstrap)
}

async fn bootstrap(config: PortalFunctionConfig) -> Result<(), web::Error> {
    let files = |name: &str| Assets::get(name).map(|file| file.data);
    web::serve(Portal::new(files, &config.portal)?, &config.http).await
}
