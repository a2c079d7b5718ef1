//! Stacks on external `DynamoDB` and KMS endpoints.

use std::{collections::HashMap, path::Path};

use local::{
    aws::{Aws, AwsOptions, Principal, upstream::Upstreams},
    iam::Statement,
    stack::{Stack, operator},
    template::PseudoParameters,
};

use crate::harness::{options, runtime, temporary_folder};

/// What a stack on external endpoints has after its start.
#[derive(Debug, Clone, PartialEq, Eq)]
struct UpstreamState {
    table: String,
    items: usize,
    jwks: String,
}

/// An in-memory `DynamoDB` and KMS that permit every call.
async fn start_upstreams() -> Aws {
    let PseudoParameters { account, region, .. } = PseudoParameters::default();
    let statements = vec![Statement::allow("*", "*")];
    let principals = HashMap::from([(account.clone(), Principal { name: "upstream".to_owned(), statements })]);
    Aws::start(AwsOptions { principals, account, region, ..AwsOptions::default() }).await.unwrap()
}

/// Starts a stack on `upstreams` and stops it.
async fn start_and_stop(upstreams: &Aws, folder: &Path) -> UpstreamState {
    let endpoint = |url: &str| Some(url.parse().unwrap());
    let mut options = options(folder);
    options.upstreams = Upstreams { dynamodb: endpoint(&upstreams.dynamodb_url), kms: endpoint(&upstreams.kms_url) };
    let stack = Stack::start(options).await.unwrap();
    let table = stack.addresses.table.clone();
    let scan =
        operator(&upstreams.dynamodb_url, &PseudoParameters::default()).scan().table_name(&table).send().await.unwrap();
    let jwks = reqwest::get(format!("{}/v1/access-tokens/.well-known/jwks.json", stack.addresses.url)).await.unwrap();
    let jwks = jwks.text().await.unwrap();
    stack.shutdown().await;
    UpstreamState { table, items: scan.items().len(), jwks }
}

/// Each data folder has a table and keys of its own. A restart finds both, and creates them again if the endpoint has lost them.
#[test]
fn data_folder_reuses_or_recreates_upstream_table_and_keys() {
    let folder = temporary_folder();
    let other_folder = temporary_folder();
    runtime().block_on(async {
        let upstreams = start_upstreams().await;
        let first = start_and_stop(&upstreams, folder.path()).await;
        assert!(first.items > 0 && first.jwks.contains("\"kid\""), "{first:?}");
        assert_eq!(start_and_stop(&upstreams, folder.path()).await, first);
        let other = start_and_stop(&upstreams, other_folder.path()).await;
        assert!(other.table != first.table && other.jwks != first.jwks, "two folders share a table or a key");
        let empty_upstreams = start_upstreams().await;
        let recreated = start_and_stop(&empty_upstreams, folder.path()).await;
        assert_eq!((&recreated.table, recreated.items), (&first.table, first.items));
        assert_ne!(recreated.jwks, first.jwks);
    });
}
