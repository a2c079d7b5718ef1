//! The configuration of `DynamoDB` and KMS: the tables and keys of the template.

use std::collections::HashMap;

use serde_json::json;

use super::{StackError, StackOptions};
use crate::{
    aws::{AwsOptions, KeyDefinition, Principal, TableDefinition},
    template::{Key, Table, Template},
};

/// Returns the configuration of `DynamoDB` and KMS for `template`.
pub(super) fn aws_options(
    options: &StackOptions,
    template: &Template,
    principals: HashMap<String, Principal>,
) -> Result<AwsOptions, StackError> {
    Ok(AwsOptions {
        data: Some(options.data_dir.clone()),
        principals,
        tables: template.tables.iter().map(table).collect(),
        keys: template.keys.iter().map(key).collect::<Result<_, _>>()?,
        account: template.pseudo_parameters.account.clone(),
        region: template.pseudo_parameters.region.clone(),
        upstreams: options.upstreams.clone(),
    })
}

fn table(table: &Table) -> TableDefinition {
    TableDefinition { create: table.create.clone(), ttl_attribute: table.ttl_attribute.clone() }
}

fn key(key: &Key) -> Result<KeyDefinition, StackError> {
    let key_type = serde_json::from_value(json!(key.spec)).map_err(|_| StackError::KeySpec(key.spec.clone()))?;
    Ok(KeyDefinition { id: key.id.clone(), arn: key.arn.clone(), key_type })
}
