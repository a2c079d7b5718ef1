//! A function that verifies a signature and makes the authorizer's AWS calls for each event, without reading the event: the cost
//! of the libraries without the authorizer's own code.
//!
//! Reads the variables `TOKEN`, `JWK`, `TABLE_NAME`, `KEYS` (the items of a decision), `ACCESS_KEYS` (of which it reads the first
//! key), and the endpoint variables of every function.

use std::{env, fs};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::{
    Client,
    config::{Credentials, SharedCredentialsProvider, StalledStreamProtectionConfig},
    types::KeysAndAttributes,
};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use baseline::{ItemKey, Result, SignedToken, item_keys};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::value::RawValue;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let token = &SignedToken::from_env()?;
    let table = &env::var("TABLE_NAME")?;
    let keys = &item_keys()?;
    let config = sdk_config()?;
    let dynamodb = &Client::new(&with_endpoint("AWS_ENDPOINT_URL_DYNAMODB", &config)?);
    let kms = aws_sdk_kms::Client::new(&with_endpoint("AWS_ENDPOINT_URL_KMS", &config)?);
    let key_id = env::var("ACCESS_KEYS")?.split(',').next().map(str::to_owned);
    let public_key = kms.get_public_key().set_key_id(key_id).send();
    tokio::try_join!(async { Ok(public_key.await?) }, read_items(dynamodb, table, keys))?;
    let handle = async |_: LambdaEvent<Box<RawValue>>| {
        token.verify()?;
        read_items(dynamodb, table, keys).await?;
        Ok::<_, Error>(true)
    };
    lambda_runtime::run(service_fn(handle)).await
}

/// Region, credentials and trusted certificates from the environment alone, as the authorizer reads them.
fn sdk_config() -> Result<SdkConfig> {
    let roots = TrustStore::empty().with_pem_certificate(fs::read(env::var("AWS_CA_BUNDLE")?)?);
    let context = TlsContext::builder().with_trust_store(roots).build()?;
    let client = Builder::new().tls_provider(Provider::Rustls(CryptoMode::AwsLc)).tls_context(context).build_https();
    let key_id = env::var("AWS_ACCESS_KEY_ID")?;
    let secret = env::var("AWS_SECRET_ACCESS_KEY")?;
    let credentials = Credentials::new(key_id, secret, env::var("AWS_SESSION_TOKEN").ok(), None, "environment");
    Ok(SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(env::var("AWS_REGION")?))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .http_client(client)
        .build())
}

/// The configuration of the service whose endpoint is in the variable `name`.
fn with_endpoint(name: &str, config: &SdkConfig) -> Result<SdkConfig> {
    Ok(config.clone().into_builder().endpoint_url(env::var(name)?).build())
}

async fn read_items(client: &Client, table: &str, keys: &[ItemKey]) -> Result<()> {
    let batch = KeysAndAttributes::builder().set_keys(Some(keys.to_vec())).consistent_read(true).build()?;
    client.batch_get_item().request_items(table, batch).send().await?;
    Ok(())
}
