use super::{faults::Fault, *};

/// Upstream services: a second pair of endpoints, which identify the forwarded requests by the account.
async fn upstream() -> Aws {
    let principal = Principal { name: "upstream".to_owned(), statements: vec![Statement::allow("*", "*")] };
    let principals = HashMap::from([(ACCOUNT.to_owned(), principal)]);
    let options = AwsOptions { tables: Vec::new(), keys: Vec::new(), principals, ..options(None) };
    Aws::start(options).await.unwrap()
}

/// Endpoints in front of `upstream`.
async fn start_with(upstream: &Aws, data: Option<&Path>) -> Aws {
    let url = |url: &str| Some(url.parse().unwrap());
    let upstreams = Upstreams { dynamodb: url(&upstream.dynamodb_url), kms: url(&upstream.kms_url) };
    Aws::start(AwsOptions { upstreams, ..options(data) }).await.unwrap()
}

#[tokio::test]
async fn upstream_table_is_created_once_with_time_to_live() {
    let upstream = upstream().await;
    let first = start_with(&upstream, None).await;
    first.dynamodb("AKIAWRITER", "PutItem", &put("1")).await;
    let second = start_with(&upstream, None).await;
    assert_eq!((first.table_created, second.table_created), (true, false));
    assert_eq!(second.item("1").await["org"]["S"], "739224");
    let description = upstream.dynamodb(OPERATOR, "DescribeTimeToLive", &json!({ "TableName": "tokens" })).await.1;
    assert_eq!(description["TimeToLiveDescription"]["TimeToLiveStatus"], "ENABLED");
}

#[tokio::test]
async fn upstream_keys_keep_their_local_names() {
    let upstream = upstream().await;
    let aws = start_with(&upstream, None).await;
    for (key, spec) in [("rsa", "RSA_2048"), ("ec", "ECC_NIST_P256")] {
        assert_eq!(error_name(&upstream.kms("DescribeKey", &json!({ "KeyId": key })).await.1), "NotFoundException");
        for name in [key.to_owned(), key_arn(key)] {
            let response = aws.kms("GetPublicKey", &json!({ "KeyId": name })).await.1;
            assert_eq!((&response["KeyId"], &response["KeySpec"]), (&json!(key_arn(key)), &json!(spec)));
        }
        let metadata = &aws.kms("DescribeKey", &json!({ "KeyId": key })).await.1["KeyMetadata"];
        assert_eq!((&metadata["KeyId"], &metadata["Arn"]), (&json!(key), &json!(key_arn(key))));
    }
    let sign = json!({ "KeyId": key_arn("rsa"), "SigningAlgorithm": "RSASSA_PSS_SHA_256", "Message": "AAAA" });
    let (status, response) = aws.call("AKIAWRITER", "TrentService.Sign", &sign).await;
    assert_eq!((status, &response["KeyId"]), (StatusCode::OK, &json!(key_arn("rsa"))));
}

#[tokio::test]
async fn restart_finds_upstream_keys_and_recreates_lost_ones() {
    let folder = tempfile::tempdir().unwrap();
    let public_key = async |aws: &Aws| {
        let response = aws.kms("GetPublicKey", &json!({ "KeyId": "rsa" })).await.1;
        response["PublicKey"].as_str().unwrap().to_owned()
    };
    let first = upstream().await;
    let key = public_key(&start_with(&first, Some(folder.path())).await).await;
    assert_eq!(public_key(&start_with(&first, Some(folder.path())).await).await, key);
    let empty = upstream().await;
    let recreated = public_key(&start_with(&empty, Some(folder.path())).await).await;
    assert_ne!(recreated, key);
    assert_eq!(public_key(&start_with(&empty, Some(folder.path())).await).await, recreated);
}

#[tokio::test]
async fn upstream_calls_have_permissions_log_and_faults() {
    let upstream = upstream().await;
    let aws = start_with(&upstream, None).await;
    assert!(aws.calls.all().is_empty(), "calls of the start are not logged");
    let (status, body) = aws.dynamodb("AKIAOTHER", "PutItem", &put("1")).await;
    assert_eq!((status, error_name(&body)), (StatusCode::FORBIDDEN, "UnrecognizedClientException"));
    let mark = upstream.calls.mark();
    let (_, body) = aws.call("AKIAWRITER", "TrentService.Sign", &json!({ "KeyId": key_arn("ec") })).await;
    assert_eq!(error_name(&body), "AccessDeniedException");
    assert!(upstream.calls.since(mark).is_empty(), "a denied call is not forwarded");
    aws.faults.inject(Service::DynamoDb, Some("PutItem"), Fault::ResponseLost, Some(1));
    assert_eq!(aws.try_call("AKIAWRITER", "DynamoDB_20120810.PutItem", &put("1")).await, None);
    assert_eq!(aws.item("1").await["pk"]["S"], "1", "the call with the lost response is applied");
    let calls: Vec<_> = aws.calls.all().into_iter().map(|call| (call.caller, call.permissions)).collect();
    assert_eq!(calls[0], ("writer".to_owned(), vec![("kms:Sign".to_owned(), key_arn("ec"))]));
    assert_eq!(calls[1], ("writer".to_owned(), vec![("dynamodb:PutItem".to_owned(), TABLE.to_owned())]));
}

#[tokio::test]
async fn unusable_upstream_is_named_with_its_error() {
    let unused = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", unused.local_addr().unwrap());
    drop(unused);
    let start_error =
        async |upstreams| Aws::start(AwsOptions { upstreams, ..options(None) }).await.err().unwrap().to_string();
    for upstreams in [
        Upstreams { dynamodb: Some(url.parse().unwrap()), kms: None },
        Upstreams { dynamodb: None, kms: Some(url.parse().unwrap()) },
    ] {
        let error = start_error(upstreams).await;
        assert!(error.starts_with(&format!("cannot use the service at `{url}`: ")), "{error}");
        assert!(error.ends_with("the service did not respond"), "{error}");
    }
    let rejecting = start(None).await;
    let dynamodb = Some(rejecting.dynamodb_url.parse().unwrap());
    let error = start_error(Upstreams { dynamodb, kms: None }).await;
    assert!(error.contains("UnrecognizedClientException"), "{error}");
}
