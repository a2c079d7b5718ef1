//! The keys in a stack's KMS, as its operator uses them: to sign what the service never would.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use local::aws::OPERATOR;
use serde_json::{Value, json};
use shared::jwt::{Alg, VerifyingKey, p256_signature_from_der};

use crate::harness::World;

/// A key in KMS.
pub struct Key {
    pub arn: String,
    /// DER `SubjectPublicKeyInfo`.
    pub spki: Vec<u8>,
    pub public: VerifyingKey,
}

/// Asks KMS as its operator.
fn kms(world: &World, operation: &str, body: &Value) -> Value {
    let signature = format!(
        "AWS4-HMAC-SHA256 Credential={OPERATOR}/20260101/us-east-1/kms/aws4_request, SignedHeaders=host, Signature=0"
    );
    let target = format!("TrentService.{operation}");
    let headers = [
        ("Authorization", signature.as_str()),
        ("X-Amz-Target", &target),
        ("Content-Type", "application/x-amz-json-1.1"),
    ];
    let reply = world.send_to(&world.stack().local.kms_url, "POST", "/", &headers, body.to_string());
    assert_eq!(reply.status, 200, "{operation}: {}", reply.text);
    reply.json()
}

impl Key {
    pub fn read(world: &World, arn: &str) -> Self {
        let answer = kms(world, "GetPublicKey", &json!({ "KeyId": arn }));
        let alg = if answer["KeySpec"] == "ECC_NIST_P256" { Alg::Es256 } else { Alg::Rs256 };
        let spki = STANDARD.decode(answer["PublicKey"].as_str().unwrap()).unwrap();
        let public = VerifyingKey::from_spki(&spki, alg).unwrap();
        Self { arn: arn.to_owned(), spki, public }
    }

    pub fn make(world: &World, spec: &str) -> Self {
        let made = kms(world, "CreateKey", &json!({"KeySpec": spec, "KeyUsage": "SIGN_VERIFY"}));
        Self::read(world, made["KeyMetadata"]["Arn"].as_str().unwrap())
    }

    pub fn alg(&self) -> Alg {
        self.public.alg()
    }

    pub fn kid(&self) -> &str {
        self.public.kid()
    }

    /// The JWT over these claims that this key signs and that names the key `kid`.
    pub fn sign(&self, world: &World, claims: &Value, kid: &str) -> String {
        let part = |json: Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let header = json!({"alg": self.alg().as_str(), "typ": "at+jwt", "kid": kid});
        let input = format!("{}.{}", part(header), part(claims.clone()));
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(self.signature(world, input.as_bytes())))
    }

    /// This key's signature over `input` in JOSE's form.
    pub fn signature(&self, world: &World, input: &[u8]) -> Vec<u8> {
        match self.alg() {
            Alg::Rs256 => self.signature_by(world, input, "RSASSA_PKCS1_V1_5_SHA_256"),
            Alg::Es256 => p256_signature_from_der(&self.signature_by(world, input, "ECDSA_SHA_256")).unwrap().to_vec(),
        }
    }

    /// This key's signature over `input` as KMS gives it for `algorithm`, one with SHA-256.
    pub fn signature_by(&self, world: &World, input: &[u8], algorithm: &str) -> Vec<u8> {
        let body = json!({
            "KeyId": self.arn, "MessageType": "DIGEST", "SigningAlgorithm": algorithm,
            "Message": STANDARD.encode(digest(&SHA256, input)),
        });
        STANDARD.decode(kms(world, "Sign", &body)["Signature"].as_str().unwrap()).unwrap()
    }
}
