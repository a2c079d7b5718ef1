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
async fn a_signature_verifies_by_the_public_key() {
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
            let answer = aws.kms("Sign", &sign(&key_arn(key), algorithm, message_type, message)).await.1;
            assert_eq!((&answer["KeyId"], &answer["SigningAlgorithm"]), (&json!(key_arn(key)), &json!(algorithm)));
            public_key.verify(b"message", &bytes(&answer["Signature"])).unwrap();
        }
    }
}

#[tokio::test]
async fn a_public_key_comes_with_what_it_is() {
    let aws = start(None).await;
    let mut answer = aws.kms("GetPublicKey", &json!({ "KeyId": "ec" })).await.1;
    assert!(!bytes(&answer["PublicKey"].take()).is_empty());
    let expected = json!({
        "KeyId": key_arn("ec"), "PublicKey": null, "KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY",
        "CustomerMasterKeySpec": "ECC_NIST_P256", "SigningAlgorithms": ["ECDSA_SHA_256"],
    });
    assert_eq!(answer, expected);
}

#[tokio::test]
async fn wrong_requests_are_refused_as_kms_does() {
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
        let (status, answer) = aws.kms(operation, &body).await;
        assert_eq!((status, error_name(&answer)), (StatusCode::BAD_REQUEST, name), "{operation} {body}");
    }
}

#[tokio::test]
async fn text_that_is_no_json_or_no_base64_is_a_serialization_error() {
    let aws = start(None).await;
    let mut body = sign("rsa", PKCS1, "RAW", b"message");
    body["Message"] = json!("no base64!");
    assert_eq!(error_name(&aws.kms("Sign", &body).await.1), "SerializationException");
    let answer = aws.request(OPERATOR, "TrentService.Sign", &body).body("{").send().await.unwrap();
    let answer: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    assert_eq!(error_name(&answer), "SerializationException");
}

#[tokio::test]
async fn a_disabled_key_signs_again_only_when_it_is_enabled() {
    let aws = start(None).await;
    let (key, request) = (json!({ "KeyId": "ec" }), sign("ec", "ECDSA_SHA_256", "DIGEST", &[7; 32]));
    aws.kms("DisableKey", &key).await;
    assert_eq!(error_name(&aws.kms("Sign", &request).await.1), "DisabledException");
    assert_eq!(error_name(&aws.kms("GetPublicKey", &key).await.1), "DisabledException");
    assert_eq!(aws.kms("DescribeKey", &key).await.1["KeyMetadata"]["KeyState"], "Disabled");
    aws.kms("EnableKey", &key).await;
    assert_eq!(aws.kms("Sign", &request).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_key_pending_deletion_does_nothing_any_more() {
    let aws = start(None).await;
    let key = json!({ "KeyId": "ec" });
    let answer = aws.kms("ScheduleKeyDeletion", &key).await.1;
    assert_eq!((&answer["KeyState"], &answer["PendingWindowInDays"]), (&json!("PendingDeletion"), &json!(30)));
    for operation in ["GetPublicKey", "EnableKey", "DisableKey", "ScheduleKeyDeletion"] {
        assert_eq!(error_name(&aws.kms(operation, &key).await.1), "KMSInvalidStateException", "{operation}");
    }
    let metadata = &aws.kms("DescribeKey", &key).await.1["KeyMetadata"];
    assert_eq!((&metadata["Enabled"], &metadata["DeletionDate"]), (&json!(false), &answer["DeletionDate"]));
}

#[tokio::test]
async fn a_made_key_and_every_state_survive_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let aws = start(Some(folder.path())).await;
    let made = aws.kms("CreateKey", &json!({ "KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY" })).await.1;
    let key = json!({ "KeyId": made["KeyMetadata"]["Arn"] });
    let public = aws.kms("GetPublicKey", &key).await.1;
    aws.kms("DisableKey", &json!({ "KeyId": "rsa" })).await;
    aws.shutdown().await;
    let aws = start(Some(folder.path())).await;
    assert_eq!(aws.kms("GetPublicKey", &key).await.1, public);
    assert_eq!(error_name(&aws.kms("GetPublicKey", &json!({ "KeyId": "rsa" })).await.1), "DisabledException");
}
