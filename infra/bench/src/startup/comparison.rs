//! The authorizers in Node.js and Python, as `infra/bench/comparison/run` installs them.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use shared::routes::OWN_RULES;

use super::{
    candidate::{Candidate, Family},
    fixture::Fixture,
};
use crate::stack::Result;

pub fn candidates(fixture: &Fixture, workspace: &Path, endpoints: &BTreeMap<String, String>) -> Result<Vec<Candidate>> {
    let target = env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    let installed = workspace.join(target).join("comparison");
    let python = installed.join("venv/bin/python");
    if !installed.join("dist").is_dir() || !python.exists() {
        return Err("the authorizers in Node.js and Python are not installed: run infra/bench/comparison/run".into());
    }
    // Candidates start with an empty environment, without `PATH`.
    let node = PathBuf::from(output(Command::new("/bin/sh").args(["-c", "command -v node"]))?);
    let bundle = installed.join("dist/authorizer.mjs");
    let mut in_node = fixture.candidate("authorizer", Family::Node, vec![node, bundle.clone()], endpoints)?;
    add_own_rules(&mut in_node)?;
    in_node.package = vec![bundle, installed.join("dist/chunks")];
    // Checking the version takes 6 ms of a start.
    in_node.environment.insert("AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED".to_owned(), "true".to_owned());
    let script = installed.join("app/authorizer.py");
    let mut in_python = fixture.candidate("authorizer", Family::Python, vec![python.clone(), script], endpoints)?;
    add_own_rules(&mut in_python)?;
    in_python.package = [vec![installed.join("app")], python_packages(&python)?].concat();
    Ok(vec![in_node, in_python])
}

/// Adds the rules of Latchkey's own routes, which are compiled into Latchkey's authorizer only.
fn add_own_rules(candidate: &mut Candidate) -> Result<()> {
    let name = "ROUTE_RULES";
    let rules = candidate.environment.get(name).ok_or("the authorizer has no route rules")?;
    let all_rules = format!("[{OWN_RULES}, {rules}]");
    candidate.environment.insert(name.to_owned(), all_rules);
    Ok(())
}

/// The installed packages except the installer.
fn python_packages(python: &Path) -> Result<Vec<PathBuf>> {
    let folder = output(Command::new(python).args(["-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]))?;
    let entries = fs::read_dir(folder)?.collect::<std::io::Result<Vec<_>>>()?;
    let is_deployed = |entry: &fs::DirEntry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        !["pip", "setuptools", "_distutils", "pkg_resources"].iter().any(|prefix| name.starts_with(prefix))
    };
    Ok(entries.iter().filter(|entry| is_deployed(entry)).map(fs::DirEntry::path).collect())
}

fn output(command: &mut Command) -> Result<String> {
    let output = command.output()?;
    let text = String::from_utf8(output.stdout)?.trim().to_owned();
    if output.status.success() { Ok(text) } else { Err(format!("{command:?} failed").into()) }
}
