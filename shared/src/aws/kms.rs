//! Latchkey's own signing keys, stored in KMS.

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

/// Error codes of a key that is disabled, pending deletion or deleted. The other keys of the family stay usable.
const UNUSABLE_KEY_CODES: [&str; 3] = ["DisabledException", "KMSInvalidStateException", "NotFoundException"];

/// The keys of one family. The first key signs; all of them verify and are published. The public keys are loaded once
/// per process.
pub struct Keys {
    client: Client,
    arns: Vec<String>,
    loaded: OnceCell<Loaded>,
}

struct Loaded {
    key_set: Arc<KeySet>,
    /// The signing key, unless it is unusable.
    signing_key: Option<VerifyingKey>,
}

impl Keys {
    pub(super) fn new(client: Client, arns: Vec<String>) -> Self {
        Self { client, arns, loaded: OnceCell::new() }
    }

    /// Loads the public keys before the first request. An error is logged, and the first request retries the load.
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
        let mut signing_key = None;
        for (position, arn) in self.arns.iter().enumerate() {
            let Some(key) = self.public_key(arn).await? else { continue };
            if position == 0 {
                signing_key = Some(key.clone());
            }
            keys.push(key);
        }
        if keys.is_empty() {
            // A cached empty key set would reject every token until the process ends.
            return Err(kms_error("GetPublicKey", PortErrorKind::NoEnabledKey));
        }
        Ok(Loaded { key_set: Arc::new(KeySet::new(keys)), signing_key })
    }

    /// The public key of `arn`. An unusable key is logged and yields `None`.
    async fn public_key(&self, arn: &str) -> Result<Option<VerifyingKey>, PortError> {
        let response = match self.client.get_public_key().key_id(arn).send().await {
            Ok(response) => response,
            Err(error) if error.as_service_error().is_some_and(is_unusable_key) => {
                telemetry::error(&format!("KMS key {arn} is disabled, pending deletion or deleted; it is not used"));
                return Ok(None);
            }
            Err(error) => return Err(port_error(Service::Kms, "GetPublicKey", &error)),
        };
        let alg = match response.key_spec() {
            Some(KeySpec::Rsa2048 | KeySpec::Rsa3072 | KeySpec::Rsa4096) => Alg::Rs256,
            Some(KeySpec::EccNistP256) => Alg::Es256,
            _ => return Err(wrong_key(format!("{arn}: the key spec is not RSA or P-256"))),
        };
        let der = response.public_key().map(Blob::as_ref).unwrap_or_default();
        let key = VerifyingKey::from_spki(der, alg);
        key.map(Some).map_err(|error| wrong_key(format!("{arn}: {error}")))
    }
}

fn is_unusable_key(error: &(impl aws_sdk_kms::error::ProvideErrorMetadata + ?Sized)) -> bool {
    error.code().is_some_and(|code| UNUSABLE_KEY_CODES.contains(&code))
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
        let signing_key = self.loaded().await?.signing_key.clone();
        signing_key.ok_or_else(|| kms_error("Sign", PortErrorKind::SigningKeyDisabled))
    }

    async fn sign(&self, digest: [u8; 32]) -> Result<Vec<u8>, PortError> {
        let alg = self.key().await?.alg();
        let arn = self.arns.first().map(String::as_str).unwrap_or_default();
        let algorithm = match alg {
            Alg::Rs256 => SigningAlgorithmSpec::RsassaPkcs1V15Sha256,
            Alg::Es256 => SigningAlgorithmSpec::EcdsaSha256,
        };
        let request = self.client.sign().key_id(arn).message(Blob::new(digest)).message_type(MessageType::Digest);
        let response = request
            .signing_algorithm(algorithm)
            .send()
            .await
            .map_err(|error| port_error(Service::Kms, "Sign", &error))?;
        if response.key_id() != Some(arn) {
            return Err(kms_error("Sign", PortErrorKind::WrongKey));
        }
        let signature = response.signature().map(Blob::as_ref).unwrap_or_default();
        match alg {
            Alg::Rs256 => Ok(signature.to_vec()),
            Alg::Es256 => p256_signature_from_der(signature)
                .map(|signature| signature.to_vec())
                .map_err(|error| kms_error("Sign", PortErrorKind::WrongKey).with_detail(error.to_string())),
        }
    }
}
