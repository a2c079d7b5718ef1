use aws_lc_rs::{
    digest::{SHA256, digest},
    signature::{
        ECDSA_P256_SHA256_ASN1, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey,
        VerificationAlgorithm,
    },
};
use base64::{Engine, engine::general_purpose::STANDARD};

use super::*;

const PKCS1: &str = "RSASSA_PKCS1_V1_5_SHA_256";

fn sign(key: &str, algorithm: &str, message_type: &str, message: &[u8]) -> Value {
    json!({
        "KeyId": key, "SigningAlgorithm": algorithm, "MessageType": message_type, "Message": STANDARD.encode(message),
    })
}

fn bytes(value: &Value) -> Vec<u8> {
    STANDARD.decode(value.as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn signature_verifies_with_public_key() {
    let aws = start(None).await;
    let cases: [(&str, &str, &dyn VerificationAlgorithm); 3] = [
        ("rsa", PKCS1, &RSA_PKCS1_2048_8192_SHA256),
        ("rsa", "RSASSA_PSS_SHA_256", &RSA_PSS_2048_8192_SHA256),
        ("ec", "ECDSA_SHA_256", &ECDSA_P256_SHA256_ASN1),
    ];
    for (key, algorithm, verification) in cases {
        let public = aws.kms("GetPublicKey", &json!({ "KeyId": key })).await.1;
        let public_key = UnparsedPublicKey::new(verification, bytes(&public["PublicKey"]));
        let digest = digest(&SHA256, b"message");
        for (message_type, message) in [("RAW", b"message".as_slice()), ("DIGEST", digest.as_ref())] {
            let response = aws.kms("Sign", &sign(&key_arn(key), algorithm, message_type, message)).await.1;
            assert_eq!((&response["KeyId"], &response["SigningAlgorithm"]), (&json!(key_arn(key)), &json!(algorithm)));
            public_key.verify(b"message", &bytes(&response["Signature"])).unwrap();
        }
    }
}

#[tokio::test]
async fn public_key_response_describes_the_key() {
    let aws = start(None).await;
    let mut response = aws.kms("GetPublicKey", &json!({ "KeyId": "ec" })).await.1;
    assert!(!bytes(&response["PublicKey"].take()).is_empty());
    let expected = json!({
        "KeyId": key_arn("ec"), "PublicKey": null, "KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY",
        "CustomerMasterKeySpec": "ECC_NIST_P256", "SigningAlgorithms": ["ECDSA_SHA_256"],
    });
    assert_eq!(response, expected);
}

#[tokio::test]
async fn invalid_requests_return_the_errors_of_kms() {
    let aws = start(None).await;
    let digest = [7; 32];
    let other_region = "arn:aws:kms:us-east-1:111122223333:key/rsa";
    let cases = [
        ("Sign", sign("rsa", PKCS1, "DIGEST", &digest[1..]), "ValidationException"),
        ("Sign", sign("rsa", PKCS1, "RAW", &[0; 4097]), "ValidationException"),
        ("Sign", sign("rsa", PKCS1, "RAW", b""), "ValidationException"),
        ("Sign", sign("rsa", PKCS1, "EXTERNAL_MU", &digest), "ValidationException"),
        ("Sign", sign("rsa", "RS256", "DIGEST", &digest), "ValidationException"),
        ("Sign", sign("rsa", "ECDSA_SHA_256", "DIGEST", &digest), "InvalidKeyUsageException"),
        ("Sign", sign("ec", PKCS1, "DIGEST", &digest), "InvalidKeyUsageException"),
        ("Sign", sign("none", PKCS1, "DIGEST", &digest), "NotFoundException"),
        ("Sign", sign("alias/rsa", PKCS1, "DIGEST", &digest), "NotFoundException"),
        ("Sign", sign(other_region, PKCS1, "DIGEST", &digest), "NotFoundException"),
        ("Sign", json!({ "KeyId": "rsa" }), "ValidationException"),
        ("GetPublicKey", json!({ "KeyId": "none" }), "NotFoundException"),
        ("DescribeKey", json!({}), "ValidationException"),
        ("CreateKey", json!({ "KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT" }), "ValidationException"),
        ("ScheduleKeyDeletion", json!({ "KeyId": "ec", "PendingWindowInDays": 6 }), "ValidationException"),
        ("Encrypt", json!({ "KeyId": "rsa" }), "UnknownOperationException"),
    ];
    for (operation, body, name) in cases {
        let (status, response) = aws.kms(operation, &body).await;
        assert_eq!((status, error_name(&response)), (StatusCode::BAD_REQUEST, name), "{operation} {body}");
    }
}

#[tokio::test]
async fn invalid_json_or_base64_is_a_serialization_error() {
    let aws = start(None).await;
    let mut body = sign("rsa", PKCS1, "RAW", b"message");
    body["Message"] = json!("not base64!");
    assert_eq!(error_name(&aws.kms("Sign", &body).await.1), "SerializationException");
    let response = aws.request(OPERATOR, "TrentService.Sign", &body).body("{").send().await.unwrap();
    let response: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
    assert_eq!(error_name(&response), "SerializationException");
}

#[tokio::test]
async fn disabled_key_signs_after_being_enabled() {
    let aws = start(None).await;
    let key = json!({ "KeyId": "ec" });
    let request = sign("ec", "ECDSA_SHA_256", "DIGEST", &[7; 32]);
    aws.kms("DisableKey", &key).await;
    assert_eq!(error_name(&aws.kms("Sign", &request).await.1), "DisabledException");
    assert_eq!(error_name(&aws.kms("GetPublicKey", &key).await.1), "DisabledException");
    assert_eq!(aws.kms("DescribeKey", &key).await.1["KeyMetadata"]["KeyState"], "Disabled");
    aws.kms("EnableKey", &key).await;
    assert_eq!(aws.kms("Sign", &request).await.0, StatusCode::OK);
}

#[tokio::test]
async fn key_pending_deletion_rejects_operations() {
    let aws = start(None).await;
    let key = json!({ "KeyId": "ec" });
    let response = aws.kms("ScheduleKeyDeletion", &key).await.1;
    assert_eq!((&response["KeyState"], &response["PendingWindowInDays"]), (&json!("PendingDeletion"), &json!(30)));
    for operation in ["GetPublicKey", "EnableKey", "DisableKey", "ScheduleKeyDeletion"] {
        assert_eq!(error_name(&aws.kms(operation, &key).await.1), "KMSInvalidStateException", "{operation}");
    }
    let metadata = &aws.kms("DescribeKey", &key).await.1["KeyMetadata"];
    assert_eq!((&metadata["Enabled"], &metadata["DeletionDate"]), (&json!(false), &response["DeletionDate"]));
}

#[tokio::test]
async fn created_key_and_states_survive_restart() {
    let folder = tempfile::tempdir().unwrap();
    let aws = start(Some(folder.path())).await;
    let created = aws.kms("CreateKey", &json!({ "KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY" })).await.1;
    let key = json!({ "KeyId": created["KeyMetadata"]["Arn"] });
    let public = aws.kms("GetPublicKey", &key).await.1;
    aws.kms("DisableKey", &json!({ "KeyId": "rsa" })).await;
    aws.shutdown().await;
    let aws = start(Some(folder.path())).await;
    assert_eq!(aws.kms("GetPublicKey", &key).await.1, public);
    assert_eq!(error_name(&aws.kms("GetPublicKey", &json!({ "KeyId": "rsa" })).await.1), "DisabledException");
}
