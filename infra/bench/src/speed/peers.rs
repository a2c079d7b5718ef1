//! What a team would write instead: `infra/bench/peers`, as `infra/bench/peers/run` installs it.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::{
    scene::Scene,
    subject::{Family, Subject},
};
use crate::stack::Outcome;

/// The functions that are written in the other languages too.
const FUNCTIONS: [&str; 2] = ["authorizer", "create-token"];

/// Their functions, where they are installed.
///
/// # Errors
///
/// Where they are not, with what to do.
pub fn all(scene: &Scene, workspace: &Path, variables: &BTreeMap<String, String>) -> Outcome<Vec<Subject>> {
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace.join("target"), PathBuf::from);
    let installed = workspace.join(target).join("ci/peers");
    if !installed.join("dist").is_dir() || !installed.join("python").is_dir() {
        return Err("the functions of infra/bench/peers are not installed: `infra/bench/peers/run` does it".into());
    }
    let node = found("node")?;
    let mut all = Vec::new();
    for name in FUNCTIONS {
        let mut environment = scene.environment(name, variables)?;
        // A line that nobody reads, and 6 ms of a start.
        environment.insert("AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED".to_owned(), "true".to_owned());
        let event = scene.event(workspace, name)?;
        let (bundle, sources) = (installed.join(format!("dist/{name}.mjs")), installed.join("app"));
        let script = sources.join(name.replace('-', "_") + ".py");
        all.push(Subject {
            name,
            family: Family::Node,
            ships: vec![bundle.clone(), installed.join("dist/chunks")],
            command: vec![node.clone(), bundle],
            environment: environment.clone(),
            event: event.clone(),
        });
        all.push(Subject {
            name,
            family: Family::Python,
            ships: [vec![sources], packages(&installed)?].concat(),
            command: vec![installed.join("python/bin/python"), script],
            environment,
            event,
        });
    }
    Ok(all)
}

/// Where a program lies: a process that inherits nothing has no path to look on.
fn found(program: &str) -> Outcome<PathBuf> {
    let shell = Command::new("/bin/sh").args(["-c", &format!("command -v {program}")]).output()?;
    let path = String::from_utf8(shell.stdout)?;
    if path.trim().is_empty() { Err(format!("there is no {program}").into()) } else { Ok(path.trim().into()) }
}

/// The installed packages, without those that install packages.
fn packages(installed: &Path) -> Outcome<Vec<PathBuf>> {
    let ask = "import sysconfig; print(sysconfig.get_path('purelib'))";
    let output = Command::new(installed.join("python/bin/python")).args(["-c", ask]).output()?;
    let all = fs::read_dir(String::from_utf8(output.stdout)?.trim())?;
    let paths = all.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()?;
    let name = |path: &PathBuf| path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let ships = |path: &PathBuf| {
        !["pip", "setuptools", "_distutils", "pkg_resources"].iter().any(|not| name(path).starts_with(not))
    };
    Ok(paths.into_iter().filter(ships).collect())
}
