//! Everything that is needed to measure functions, and what runs it.

use std::{
    collections::BTreeMap,
    fs,
    future::Future,
    path::{Path, PathBuf},
};

use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use super::{
    endpoint::Endpoint,
    peers,
    scene::{self, Scene},
    subject::Subject,
};
use crate::stack::Outcome;

/// A scene, the endpoint before it, and the functions that are measured.
pub struct Stage {
    /// Runs what is measured and what answers it, on one thread, and nothing else.
    front: Runtime,
    /// Runs the stack, which has nothing to do once the endpoint knows its answers.
    behind: Runtime,
    scene: Scene,
    binaries: BTreeMap<String, PathBuf>,
    variables: BTreeMap<String, String>,
    workspace: PathBuf,
    _folder: TempDir,
    /// The endpoint.
    pub endpoint: Endpoint,
    /// The functions: ours, then what lies below them.
    pub subjects: Vec<Subject>,
}

impl Stage {
    /// Builds the functions as they are deployed, and makes all ready.
    pub fn prepare(workspace: &Path) -> Outcome<Self> {
        let binaries = scene::binaries(workspace)?;
        let behind = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let front = Builder::new_current_thread().enable_all().build()?;
        let scene = behind.block_on(Scene::prepare(workspace))?;
        let aws = &scene.running.stack.aws;
        let endpoint = front.block_on(Endpoint::start(aws.dynamodb_url.clone(), aws.kms_url.clone()))?;
        let folder = tempfile::tempdir()?;
        let bundle = folder.path().join("roots.pem");
        // Three, each of which is read twice, by us and by the SDK: as many as the five that are built in, and one more.
        fs::write(&bundle, endpoint.root.repeat(3))?;
        let variables = scene::variables(&endpoint, &bundle);
        let subjects = scene.subjects(workspace, &binaries, &variables)?;
        let workspace = workspace.to_owned();
        Ok(Self { front, behind, scene, binaries, variables, workspace, _folder: folder, endpoint, subjects })
    }

    /// Takes those of other languages along.
    ///
    /// # Errors
    ///
    /// Where they are not installed.
    pub fn with_peers(mut self) -> Outcome<Self> {
        self.subjects.extend(peers::all(&self.scene, &self.workspace, &self.variables)?);
        Ok(self)
    }

    /// The program `name` of the baseline, and its environment.
    pub fn baseline(&self, name: &str) -> Outcome<(&Path, BTreeMap<String, String>)> {
        let program = self.binaries.get(name).ok_or("there is no such program")?;
        Ok((program, self.scene.baseline(&self.variables)?))
    }

    /// Does what measures.
    pub fn run<T>(&self, work: impl Future<Output = Outcome<T>>) -> Outcome<T> {
        self.front.block_on(work)
    }

    /// Stops the stack.
    pub fn stop(self) -> Outcome<()> {
        self.behind.block_on(self.scene.running.stop())
    }
}
