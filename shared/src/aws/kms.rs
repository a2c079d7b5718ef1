//! Our own keys, in KMS.

use std::sync::Arc;

use aws_sdk_kms::{
    Client,
    primitives::Blob,
    types::{KeySpec, MessageType, SigningAlgorithmSpec},
};
use tokio::sync::OnceCell;

use super::error::port_error;
use crate::{
    jwt::{Alg, KeySet, VerifyingKey, p256_signature_from_der},
    ports::{OwnKeys, PortError, PortErrorKind, Service, Signer},
    telemetry,
};

/// The error codes of a key that is not to be used, which the others do not suffer from.
const OUT_OF_USE: [&str; 3] = ["DisabledException", "KMSInvalidStateException", "NotFoundException"];

/// A family's keys: the first signs, all verify and are published. Their public halves are read once.
pub struct Keys {
    client: Client,
    arns: Vec<String>,
    loaded: OnceCell<Loaded>,
}

struct Loaded {
    key_set: Arc<KeySet>,
    /// The first key, unless it is out of use.
    first: Option<VerifyingKey>,
}

impl Keys {
    pub(super) fn new(client: Client, arns: Vec<String>) -> Self {
        Self { client, arns, loaded: OnceCell::new() }
    }

    /// Reads the keys ahead of the first request.
    pub(super) async fn warm(&self) {
        if let Err(error) = self.loaded().await {
            telemetry::port_error(&error);
        }
    }

    async fn loaded(&self) -> Result<&Loaded, PortError> {
        self.loaded.get_or_try_init(|| self.load()).await
    }

    async fn load(&self) -> Result<Loaded, PortError> {
        let mut keys = Vec::new();
        let mut first = None;
        for (position, arn) in self.arns.iter().enumerate() {
            let Some(key) = self.public_key(arn).await? else { continue };
            if position == 0 {
                first = Some(key.clone());
            }
            keys.push(key);
        }
        if keys.is_empty() {
            // Kept, an empty key_set would make every token a bad credential for as long as this process lives.
            return Err(kms_error("GetPublicKey", PortErrorKind::NoEnabledKey));
        }
        Ok(Loaded { key_set: Arc::new(KeySet::new(keys)), first })
    }

    /// The public half of one key; `None`, and a line in the log, where it is out of use.
    async fn public_key(&self, arn: &str) -> Result<Option<VerifyingKey>, PortError> {
        let answer = match self.client.get_public_key().key_id(arn).send().await {
            Ok(answer) => answer,
            Err(error) if error.as_service_error().is_some_and(is_out_of_use) => {
                telemetry::error(&format!("the key {arn} is out of use and left out"));
                return Ok(None);
            }
            Err(error) => return Err(port_error(Service::Kms, "GetPublicKey", &error)),
        };
        let alg = match answer.key_spec() {
            Some(KeySpec::Rsa2048 | KeySpec::Rsa3072 | KeySpec::Rsa4096) => Alg::Rs256,
            Some(KeySpec::EccNistP256) => Alg::Es256,
            _ => return Err(wrong_key(format!("{arn}: the key spec is not RSA or P-256"))),
        };
        let der = answer.public_key().map(Blob::as_ref).unwrap_or_default();
        let key = VerifyingKey::from_spki(der, alg);
        key.map(Some).map_err(|error| wrong_key(format!("{arn}: {error}")))
    }
}

fn is_out_of_use(error: &(impl aws_sdk_kms::error::ProvideErrorMetadata + ?Sized)) -> bool {
    error.code().is_some_and(|code| OUT_OF_USE.contains(&code))
}

fn kms_error(operation: &'static str, kind: PortErrorKind) -> PortError {
    PortError::new(Service::Kms, operation, kind)
}

fn wrong_key(detail: String) -> PortError {
    kms_error("GetPublicKey", PortErrorKind::WrongKey).with_detail(detail)
}

impl OwnKeys for Keys {
    async fn key_set(&self) -> Result<Arc<KeySet>, PortError> {
        Ok(self.loaded().await?.key_set.clone())
    }
}

impl Signer for Keys {
    async fn key(&self) -> Result<VerifyingKey, PortError> {
        let first = self.loaded().await?.first.clone();
        first.ok_or_else(|| kms_error("Sign", PortErrorKind::SigningKeyDisabled))
    }

    async fn sign(&self, digest: [u8; 32]) -> Result<Vec<u8>, PortError> {
        let alg = self.key().await?.alg();
        let arn = self.arns.first().map(String::as_str).unwrap_or_default();
        let algorithm = match alg {
            Alg::Rs256 => SigningAlgorithmSpec::RsassaPkcs1V15Sha256,
            Alg::Es256 => SigningAlgorithmSpec::EcdsaSha256,
        };
        let request = self.client.sign().key_id(arn).message(Blob::new(digest)).message_type(MessageType::Digest);
        let answer = request
            .signing_algorithm(algorithm)
            .send()
            .await
            .map_err(|error| port_error(Service::Kms, "Sign", &error))?;
        if answer.key_id() != Some(arn) {
            return Err(kms_error("Sign", PortErrorKind::WrongKey));
        }
        let signature = answer.signature().map(Blob::as_ref).unwrap_or_default();
        match alg {
            Alg::Rs256 => Ok(signature.to_vec()),
            Alg::Es256 => p256_signature_from_der(signature)
                .map(|signature| signature.to_vec())
                .map_err(|error| kms_error("Sign", PortErrorKind::WrongKey).with_detail(error.to_string())),
        }
    }
}
