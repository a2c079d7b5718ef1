//! How large the authorizer is for each processor that the template knows, built as `sam build` builds it.

use std::{fmt::Write as _, path::Path, process::Command};

use local::build;

use crate::{
    figures,
    speed::{Size, megabytes},
    stack::{Outcome, heading},
};

/// What it may have zipped for the first of them, in MB.
const MOST: f64 = 3.0;

/// The values of the template's parameter `Architecture`, its default first, and what `cargo lambda` calls them.
const ARCHITECTURES: [(&str, &str); 2] = [("arm64", "--arm64"), ("x86_64", "--x86-64")];

const NOTE: &str = "Built by `cargo lambda`, whose linker is another than cargo's; the aim is 3 MB zipped, for arm64, which the template \
                    takes by default.\n\n| | file, MB | zipped, MB |\n|---|---|---|\n";

/// Builds, prints and keeps.
///
/// # Errors
///
/// Where there is no `cargo lambda`, or it cannot build for one of them; or where it is larger than it may be.
pub fn measure() -> Outcome<()> {
    let workspace = build::workspace();
    let mut body = heading("sizes", true);
    body.push_str(NOTE);
    let mut all = Vec::new();
    for (architecture, flag) in ARCHITECTURES {
        let size = authorizer(&workspace, flag)?;
        let (plain, zipped) = (megabytes(size.plain), megabytes(size.zipped));
        writeln!(body, "| authorizer, {architecture} | {plain:.2} | {zipped:.2} |")?;
        all.push(zipped);
    }
    figures::tell(&body);
    figures::keep(&workspace, "Sizes", &body)?;
    if all[0] > MOST { Err(format!("it has {:.2} MB", all[0]).into()) } else { Ok(()) }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processors_are_those_of_the_template_and_its_default_is_the_first() {
        let template = std::fs::read_to_string(build::workspace().join("template.yaml")).unwrap();
        let [default, other] = ARCHITECTURES.map(|(name, _)| name);
        let parameter = format!("AllowedValues: [{default}, {other}]\n    Default: {default}\n");
        assert!(template.contains(&parameter), "{parameter}");
    }
}
