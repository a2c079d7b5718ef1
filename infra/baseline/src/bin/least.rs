//! A function that makes the calls of the authorizer, verifies a signature for each event, and looks at nothing that it is given:
//! what the same libraries cost without a line of the authorizer.
//!
//! Reads the variables `TOKEN`, `JWK` (the key that verifies it), `TABLE_NAME`, `KEYS` (the rows of a decision), `ACCESS_KEYS` (the
//! keys' ARNs, of which the first is read), and those by which every function finds AWS.

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
use baseline::{Key, Outcome, Signed, keys};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::value::RawValue;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let (signed, table, keys, config) = (&Signed::from_env()?, &env::var("TABLE_NAME")?, &keys()?, config()?);
    let dynamodb = &Client::new(&at("AWS_ENDPOINT_URL_DYNAMODB", &config)?);
    let kms = aws_sdk_kms::Client::new(&at("AWS_ENDPOINT_URL_KMS", &config)?);
    let signs = env::var("ACCESS_KEYS")?.split(',').next().map(str::to_owned);
    let public_key = kms.get_public_key().set_key_id(signs).send();
    tokio::try_join!(async { Ok(public_key.await?) }, read(dynamodb, table, keys))?;
    let answer = async |_: LambdaEvent<Box<RawValue>>| {
        signed.verify()?;
        read(dynamodb, table, keys).await?;
        Ok::<_, Error>(true)
    };
    lambda_runtime::run(service_fn(answer)).await
}

/// Nothing is searched for that the environment says, and nobody trusted but those who are named, as with the authorizer.
fn config() -> Outcome<SdkConfig> {
    let roots = TrustStore::empty().with_pem_certificate(fs::read(env::var("AWS_CA_BUNDLE")?)?);
    let context = TlsContext::builder().with_trust_store(roots).build()?;
    let client = Builder::new().tls_provider(Provider::Rustls(CryptoMode::AwsLc)).tls_context(context).build_https();
    let (id, secret) = (env::var("AWS_ACCESS_KEY_ID")?, env::var("AWS_SECRET_ACCESS_KEY")?);
    let credentials = Credentials::new(id, secret, env::var("AWS_SESSION_TOKEN").ok(), None, "environment");
    Ok(SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(env::var("AWS_REGION")?))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .http_client(client)
        .build())
}

/// The configuration of one service, which is at the address in the variable `name`.
fn at(name: &str, config: &SdkConfig) -> Outcome<SdkConfig> {
    Ok(config.clone().into_builder().endpoint_url(env::var(name)?).build())
}

async fn read(client: &Client, table: &str, keys: &[Key]) -> Outcome<()> {
    let wanted = KeysAndAttributes::builder().set_keys(Some(keys.to_vec())).consistent_read(true).build()?;
    client.batch_get_item().request_items(table, wanted).send().await?;
    Ok(())
}
