//! `DynamoDB` and KMS of somebody else's in place of the embedded ones. `.ci/second_opinion.py` runs every other test so.

use std::collections::HashMap;

use local::{
    aws::{Aws, AwsOptions, Principal, upstream::Upstreams},
    iam::Statement,
    stack::{Stack, operator},
    template::PseudoParameters,
};

use crate::harness::options;

/// A second pair of services, in memory, that lets in whoever has been let through by a front.
async fn elsewhere() -> Aws {
    let PseudoParameters { account, region, .. } = PseudoParameters::default();
    let statements = vec![Statement::allow("*", "*")];
    let principals = HashMap::from([(account.clone(), Principal { name: "upstream".to_owned(), statements })]);
    Aws::start(AwsOptions { principals, account, region, ..AwsOptions::default() }).await.unwrap()
}

/// Starts a stack before these services and stops it: its table, how many rows that has, and its keys.
async fn run(elsewhere: &Aws, folder: &std::path::Path) -> (String, usize, String) {
    let endpoint = |url: &str| Some(url.parse().unwrap());
    let upstreams = Upstreams { dynamodb: endpoint(&elsewhere.dynamodb_url), kms: endpoint(&elsewhere.kms_url) };
    let mut options = options(folder);
    options.upstreams = upstreams;
    let stack = Stack::start(options).await.unwrap();
    let table = stack.local.table.clone();
    let rows =
        operator(&elsewhere.dynamodb_url, &PseudoParameters::default()).scan().table_name(&table).send().await.unwrap();
    let keys = reqwest::get(format!("{}/v1/access-tokens/.well-known/jwks.json", stack.local.url)).await.unwrap();
    let keys = keys.text().await.unwrap();
    stack.shutdown().await;
    (table, rows.items().len(), keys)
}

#[test]
fn data_folder_reuses_or_recreates_upstream_table_and_keys() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let folder = || tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let (one, other) = (folder(), folder());
    runtime.block_on(async {
        let services = elsewhere().await;
        let (table, rows, keys) = run(&services, one.path()).await;
        assert!(rows > 0 && keys.contains("\"kid\""), "seeded, with keys: {rows} {keys}");
        assert_eq!(run(&services, one.path()).await, (table.clone(), rows, keys.clone()));
        let neighbour = run(&services, other.path()).await;
        assert!(neighbour.0 != table && neighbour.2 != keys, "folders share nothing");
        let forgetful = elsewhere().await;
        let (again, seeded, renewed) = run(&forgetful, one.path()).await;
        assert_eq!((again, seeded), (table, rows));
        assert_ne!(renewed, keys);
    });
}
