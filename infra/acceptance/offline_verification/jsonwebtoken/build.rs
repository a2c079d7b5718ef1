//! Extracts the Rust recipe of `docs/verify-offline.md`, once for the issuer of each family.

use std::{env, error::Error, fs, path::Path};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../docs/verify-offline.md");
const ISSUER_PATH: &str = "/v1/access-tokens";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={PAGE}");
    let page = fs::read_to_string(PAGE)?;
    let recipe = recipe(&page).ok_or("the page has no block `rust recipe=jsonwebtoken`")?;
    let dir = env::var("OUT_DIR")?;
    fs::write(Path::new(&dir).join("access.rs"), recipe)?;
    fs::write(Path::new(&dir).join("public.rs"), recipe.replace(ISSUER_PATH, &format!("{ISSUER_PATH}/public")))?;
    Ok(())
}

fn recipe(page: &str) -> Option<&str> {
    let (_, after_fence) = page.split_once("```rust recipe=jsonwebtoken\n")?;
    after_fence.split_once("```\n").map(|(recipe, _)| recipe)
}
