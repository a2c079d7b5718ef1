use super::*;

#[tokio::test]
async fn item_survives_restart() {
    let folder = tempfile::tempdir().unwrap();
    let aws = start(Some(folder.path())).await;
    assert_eq!(aws.dynamodb("AKIAWRITER", "PutItem", &put("1")).await.0, StatusCode::OK);
    aws.shutdown().await;
    let aws = start(Some(folder.path())).await;
    assert_eq!(aws.item("1").await["org"]["S"], "739224");
}

#[tokio::test]
async fn acknowledged_item_survives_kill() {
    let folder = tempfile::tempdir().unwrap();
    let copy = tempfile::tempdir().unwrap();
    let aws = start(Some(folder.path())).await;
    assert_eq!(aws.dynamodb("AKIAWRITER", "PutItem", &put("1")).await.0, StatusCode::OK);
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
    }
    let restarted = start(Some(copy.path())).await;
    assert_eq!(restarted.item("1").await["org"]["S"], "739224");
}

#[tokio::test]
async fn new_table_has_time_to_live_enabled() {
    let aws = start(None).await;
    let body = json!({ "TableName": "tokens" });
    let description = aws.dynamodb(OPERATOR, "DescribeTimeToLive", &body).await.1;
    let expected = json!({ "AttributeName": "ttl", "TimeToLiveStatus": "ENABLED" });
    assert_eq!(description["TimeToLiveDescription"], expected);
}

#[tokio::test]
async fn index_requires_a_permission_of_its_own() {
    let aws = start(None).await;
    aws.dynamodb("AKIAWRITER", "PutItem", &put("1")).await;
    let mut query = json!({
        "TableName": "tokens", "IndexName": "by_org", "KeyConditionExpression": "org = :o",
        "ExpressionAttributeValues": { ":o": { "S": "739224" } },
    });
    let (status, result) = aws.dynamodb("AKIAWRITER", "Query", &query).await;
    assert_eq!((status, &result["Count"]), (StatusCode::OK, &json!(1)));
    query["IndexName"].take();
    assert_eq!(error_name(&aws.dynamodb("AKIAWRITER", "Query", &query).await.1), "AccessDeniedException");
}
