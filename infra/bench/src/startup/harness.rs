//! The candidates, the replaying endpoints, and the runtimes that execute a measurement.

use std::{collections::BTreeMap, fs, future::Future, path::Path};

use local::build;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use super::{
    aws_endpoint::AwsEndpoint,
    candidate::Candidate,
    comparison,
    fixture::{FUNCTIONS, Fixture},
};
use crate::stack::Result;

pub struct Harness {
    /// Runs the measurement and the endpoints on one thread.
    measuring: Runtime,
    /// Runs the stack, which is idle once the endpoints have recorded its responses.
    background: Runtime,
    fixture: Fixture,
    endpoints: BTreeMap<String, String>,
    _certificates: TempDir,
    pub endpoint: AwsEndpoint,
    pub candidates: Vec<Candidate>,
}

impl Harness {
    /// Builds the functions and baselines as they are deployed and starts everything.
    pub fn prepare(workspace: &Path) -> Result<Self> {
        let packages: Vec<_> = FUNCTIONS.into_iter().chain(["baseline"]).collect();
        let binaries = build::released(workspace, &packages)?;
        let background = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let measuring = Builder::new_current_thread().enable_all().build()?;
        let fixture = background.block_on(Fixture::prepare(workspace))?;
        let aws = &fixture.stack.stack.aws;
        let endpoint = measuring.block_on(AwsEndpoint::start(aws.dynamodb_url.clone(), aws.kms_url.clone()))?;
        let certificates = tempfile::tempdir()?;
        let bundle = certificates.path().join("roots.pem");
        // Both the function and the SDK parse the bundle: twice three certificates compare to the five that are compiled in.
        fs::write(&bundle, endpoint.root_certificate.repeat(3))?;
        let endpoints = endpoint_variables(&endpoint, &bundle.display().to_string());
        let candidates = fixture.candidates(&binaries, &endpoints)?;
        Ok(Self { measuring, background, fixture, endpoints, _certificates: certificates, endpoint, candidates })
    }

    pub fn add_comparison(&mut self, workspace: &Path) -> Result<()> {
        self.candidates.extend(comparison::candidates(&self.fixture, workspace, &self.endpoints)?);
        Ok(())
    }

    pub fn run<T>(&self, measurement: impl Future<Output = Result<T>>) -> Result<T> {
        self.measuring.block_on(measurement)
    }

    pub fn stop(self) -> Result<()> {
        self.background.block_on(self.fixture.stack.stop())
    }
}

/// The variables by which a function in any language finds the endpoints and trusts their certificate.
fn endpoint_variables(endpoint: &AwsEndpoint, bundle: &str) -> BTreeMap<String, String> {
    [
        ("AWS_ENDPOINT_URL_DYNAMODB", endpoint.dynamodb.as_str()),
        ("AWS_ENDPOINT_URL_KMS", &endpoint.kms),
        ("AWS_CA_BUNDLE", bundle),
        ("SSL_CERT_FILE", bundle),
        ("NODE_EXTRA_CA_CERTS", bundle),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}
