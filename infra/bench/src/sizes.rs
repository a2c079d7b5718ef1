//! How large the authorizer is for each processor that the template knows, built as `sam build` builds it.

use std::{fmt::Write as _, path::Path, process::Command};

use local::build;

use crate::{
    figures,
    speed::{Size, megabytes},
    stack::{Outcome, heading},
};

/// The values of the template's parameter `Architecture`, its default first, and what `cargo lambda` calls them.
const ARCHITECTURES: [(&str, &str); 2] = [("arm64", "--arm64"), ("x86_64", "--x86-64")];

/// Builds, prints and keeps.
///
/// # Errors
///
/// Where there is no `cargo lambda`, or it cannot build for one of them.
pub fn measure() -> Outcome<()> {
    let workspace = build::workspace();
    let mut body = format!("{}| | file, MB | zipped, MB |\n|---|---|---|\n", heading("sizes", true));
    for (architecture, flag) in ARCHITECTURES {
        let size = authorizer(&workspace, flag)?;
        let (plain, zipped) = (megabytes(size.plain), megabytes(size.zipped));
        writeln!(body, "| authorizer, {architecture} | {plain:.2} | {zipped:.2} |")?;
    }
    figures::tell(&body);
    figures::keep(&workspace, "Sizes", &body)?;
    Ok(())
}

fn authorizer(workspace: &Path, flag: &str) -> Outcome<Size> {
    let folder = tempfile::tempdir()?;
    let mut command = Command::new("cargo");
    command.args(["lambda", "build", "--release", "--locked", "--package", "authorizer", flag, "--lambda-dir"]);
    let built = command.arg(folder.path()).current_dir(workspace).status()?;
    if !built.success() {
        return Err("`cargo lambda` (pip install cargo-lambda) did not build it".into());
    }
    Ok(Size::of(&folder.path().join("authorizer/bootstrap"))?)
}
