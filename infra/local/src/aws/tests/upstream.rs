use super::{faults::Fault, *};

/// Services of somebody else's: a second pair, which knows by its account whoever has been let through.
async fn elsewhere() -> Aws {
    let everything = ("*".to_owned(), "*".to_owned());
    let policy = Policy { allow: vec![everything.into()], deny: Vec::new() };
    let principals = HashMap::from([(ACCOUNT.to_owned(), Principal { name: "upstream".to_owned(), policy })]);
    let options = AwsOptions { tables: Vec::new(), keys: Vec::new(), principals, ..options(None) };
    Aws::start(options).await.unwrap()
}

async fn before(elsewhere: &Aws, data: Option<&Path>) -> Aws {
    let endpoint = |url: &str| Some(url.parse().unwrap());
    let upstreams = Upstreams { dynamodb: endpoint(&elsewhere.dynamodb_url), kms: endpoint(&elsewhere.kms_url) };
    Aws::start(AwsOptions { upstreams, ..options(data) }).await.unwrap()
}

#[tokio::test]
async fn the_table_is_made_there_once_with_its_time_to_live() {
    let elsewhere = elsewhere().await;
    let first = before(&elsewhere, None).await;
    first.dynamodb("AKIAWRITER", "PutItem", &put("1")).await;
    let second = before(&elsewhere, None).await;
    assert_eq!((first.new_table, second.new_table), (true, false));
    assert_eq!(second.item("1").await["org"]["S"], "739224");
    let answer = elsewhere.dynamodb(OPERATOR, "DescribeTimeToLive", &json!({ "TableName": "tokens" })).await.1;
    assert_eq!(answer["TimeToLiveDescription"]["TimeToLiveStatus"], "ENABLED");
}

#[tokio::test]
async fn the_keys_are_made_there_and_keep_the_names_that_they_have_here() {
    let elsewhere = elsewhere().await;
    let aws = before(&elsewhere, None).await;
    for (key, spec) in [("rsa", "RSA_2048"), ("ec", "ECC_NIST_P256")] {
        assert_eq!(error_name(&elsewhere.kms("DescribeKey", &json!({ "KeyId": key })).await.1), "NotFoundException");
        for name in [key.to_owned(), key_arn(key)] {
            let answer = aws.kms("GetPublicKey", &json!({ "KeyId": name })).await.1;
            assert_eq!((&answer["KeyId"], &answer["KeySpec"]), (&json!(key_arn(key)), &json!(spec)));
        }
        let metadata = &aws.kms("DescribeKey", &json!({ "KeyId": key })).await.1["KeyMetadata"];
        assert_eq!((&metadata["KeyId"], &metadata["Arn"]), (&json!(key), &json!(key_arn(key))));
    }
    let sign = json!({ "KeyId": key_arn("rsa"), "SigningAlgorithm": "RSASSA_PSS_SHA_256", "Message": "AAAA" });
    let (status, answer) = aws.call("AKIAWRITER", "TrentService.Sign", &sign).await;
    assert_eq!((status, &answer["KeyId"]), (StatusCode::OK, &json!(key_arn("rsa"))));
}

#[tokio::test]
async fn a_restart_finds_the_keys_again_and_makes_those_that_were_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let public_key = async |aws: &Aws| {
        let answer = aws.kms("GetPublicKey", &json!({ "KeyId": "rsa" })).await.1;
        answer["PublicKey"].as_str().unwrap().to_owned()
    };
    let there = elsewhere().await;
    let first = public_key(&before(&there, Some(folder.path())).await).await;
    assert_eq!(public_key(&before(&there, Some(folder.path())).await).await, first);
    let forgetful = elsewhere().await;
    let other = public_key(&before(&forgetful, Some(folder.path())).await).await;
    assert_ne!(other, first);
    assert_eq!(public_key(&before(&forgetful, Some(folder.path())).await).await, other);
}

#[tokio::test]
async fn permissions_counts_and_faults_are_those_before_the_embedded_services() {
    let elsewhere = elsewhere().await;
    let aws = before(&elsewhere, None).await;
    assert!(aws.calls.all().is_empty(), "what the start needs is nobody's call");
    let (status, body) = aws.dynamodb("AKIAOTHER", "PutItem", &put("1")).await;
    assert_eq!((status, error_name(&body)), (StatusCode::FORBIDDEN, "UnrecognizedClientException"));
    let mark = elsewhere.calls.mark();
    let (_, body) = aws.call("AKIAWRITER", "TrentService.Sign", &json!({ "KeyId": key_arn("ec") })).await;
    assert_eq!(error_name(&body), "AccessDeniedException");
    assert!(elsewhere.calls.since(mark).is_empty(), "what is not allowed goes no further");
    aws.faults.inject(Service::DynamoDb, Some("PutItem"), Fault::LoseAnswer, Some(1));
    assert_eq!(aws.try_call("AKIAWRITER", "DynamoDB_20120810.PutItem", &put("1")).await, None);
    assert_eq!(aws.item("1").await["pk"]["S"], "1", "a lost answer was applied");
    let recorded: Vec<_> = aws.calls.all().into_iter().map(|call| (call.caller, call.resources)).collect();
    assert_eq!(recorded[0], ("writer".to_owned(), vec![key_arn("ec")]));
    assert_eq!(recorded[1], ("writer".to_owned(), vec![TABLE.to_owned()]));
}

#[tokio::test]
async fn a_service_that_is_not_there_is_named_and_so_is_its_answer() {
    let unused = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", unused.local_addr().unwrap());
    drop(unused);
    let start =
        async |upstreams| Aws::start(AwsOptions { upstreams, ..options(None) }).await.err().unwrap().to_string();
    for upstreams in [
        Upstreams { dynamodb: Some(url.parse().unwrap()), kms: None },
        Upstreams { dynamodb: None, kms: Some(url.parse().unwrap()) },
    ] {
        let error = start(upstreams).await;
        assert!(error.starts_with(&format!("the service at `{url}` cannot be used: ")), "{error}");
        assert!(error.ends_with("the service did not answer"), "{error}");
    }
    let strict = self::start(None).await;
    let dynamodb = Some(strict.dynamodb_url.parse().unwrap());
    let error = start(Upstreams { dynamodb, kms: None }).await;
    assert!(error.contains("UnrecognizedClientException"), "{error}");
}
