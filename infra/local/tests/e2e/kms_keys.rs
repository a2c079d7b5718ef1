//! Keys in a stack's KMS, used with the operator's permissions: they can sign tokens that the service would never issue.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use local::aws::OPERATOR;
use serde_json::{Value, json};
use shared::jwt::{Alg, VerifyingKey, p256_signature_from_der};

use crate::harness::TestStack;

/// A signing key in KMS.
pub struct KmsKey {
    pub arn: String,
    /// DER `SubjectPublicKeyInfo`.
    pub spki: Vec<u8>,
    pub public: VerifyingKey,
}

/// Calls KMS as the operator.
fn kms(stack: &TestStack, operation: &str, body: &Value) -> Value {
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={OPERATOR}/20260101/us-east-1/kms/aws4_request, SignedHeaders=host, Signature=0"
    );
    let target = format!("TrentService.{operation}");
    let headers = [
        ("Authorization", authorization.as_str()),
        ("X-Amz-Target", &target),
        ("Content-Type", "application/x-amz-json-1.1"),
    ];
    let response = stack.send_to(&stack.addresses().kms_url, "POST", "/", &headers, body.to_string());
    assert_eq!(response.status, 200, "{operation}: {}", response.body);
    response.json()
}

impl KmsKey {
    pub fn read(stack: &TestStack, arn: &str) -> Self {
        let response = kms(stack, "GetPublicKey", &json!({ "KeyId": arn }));
        let alg = if response["KeySpec"] == "ECC_NIST_P256" { Alg::Es256 } else { Alg::Rs256 };
        let spki = STANDARD.decode(response["PublicKey"].as_str().unwrap()).unwrap();
        let public = VerifyingKey::from_spki(&spki, alg).unwrap();
        Self { arn: arn.to_owned(), spki, public }
    }

    pub fn create(stack: &TestStack, spec: &str) -> Self {
        let response = kms(stack, "CreateKey", &json!({"KeySpec": spec, "KeyUsage": "SIGN_VERIFY"}));
        Self::read(stack, response["KeyMetadata"]["Arn"].as_str().unwrap())
    }

    /// The key of the template with this logical id.
    pub fn of_template(stack: &TestStack, logical_id: &str) -> Self {
        let key = stack.template.keys.iter().find(|key| key.logical_id == logical_id).unwrap();
        Self::read(stack, &key.arn)
    }

    pub fn alg(&self) -> Alg {
        self.public.alg()
    }

    pub fn kid(&self) -> &str {
        self.public.kid()
    }

    /// Signs a JWT with these claims, this `typ` and this `kid`.
    pub fn sign(&self, stack: &TestStack, typ: &str, claims: &Value, kid: &str) -> String {
        let header = json!({"alg": self.alg().as_str(), "typ": typ, "kid": kid});
        let [header, claims] = [&header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        self.sign_input(stack, &format!("{header}.{claims}"))
    }

    /// `input` with this key's signature appended.
    pub fn sign_input(&self, stack: &TestStack, input: &str) -> String {
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(self.signature(stack, input.as_bytes())))
    }

    /// The signature of `input` in the form of JOSE.
    pub fn signature(&self, stack: &TestStack, input: &[u8]) -> Vec<u8> {
        match self.alg() {
            Alg::Rs256 => self.kms_signature(stack, input, "RSASSA_PKCS1_V1_5_SHA_256"),
            Alg::Es256 => p256_signature_from_der(&self.kms_signature(stack, input, "ECDSA_SHA_256")).unwrap().to_vec(),
        }
    }

    /// The signature of `input` as KMS returns it. The algorithm must use SHA-256.
    pub fn kms_signature(&self, stack: &TestStack, input: &[u8], algorithm: &str) -> Vec<u8> {
        let body = json!({
            "KeyId": self.arn, "MessageType": "DIGEST", "SigningAlgorithm": algorithm,
            "Message": STANDARD.encode(digest(&SHA256, input)),
        });
        STANDARD.decode(kms(stack, "Sign", &body)["Signature"].as_str().unwrap()).unwrap()
    }
}

impl TestStack {
    /// Signs an access token with these claims with the service's own key.
    pub fn sign(&self, claims: &Value) -> String {
        self.sign_with_typ("at+jwt", claims)
    }

    /// Signs a token with this `typ` and these claims with the service's own key.
    pub fn sign_with_typ(&self, typ: &str, claims: &Value) -> String {
        let key = KmsKey::of_template(self, "AccessKey");
        self.remember_secret(key.sign(self, typ, claims, key.kid()))
    }
}
