use super::*;

#[tokio::test]
async fn what_was_written_survives_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let aws = start(Some(folder.path())).await;
    assert_eq!(aws.dynamodb("AKIAWRITER", "PutItem", &put("1")).await.0, StatusCode::OK);
    aws.shutdown().await;
    let aws = start(Some(folder.path())).await;
    assert_eq!(aws.item("1").await["org"]["S"], "739224");
}

#[tokio::test]
async fn what_was_answered_survives_a_stop_without_warning() {
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
async fn a_new_table_has_its_time_to_live_turned_on() {
    let aws = start(None).await;
    let body = json!({ "TableName": "tokens" });
    let answer = aws.dynamodb(OPERATOR, "DescribeTimeToLive", &body).await.1;
    let expected = json!({ "AttributeName": "ttl", "TimeToLiveStatus": "ENABLED" });
    assert_eq!(answer["TimeToLiveDescription"], expected);
}

#[tokio::test]
async fn an_index_is_queried_as_a_resource_of_its_own() {
    let aws = start(None).await;
    aws.dynamodb("AKIAWRITER", "PutItem", &put("1")).await;
    let mut query = json!({
        "TableName": "tokens", "IndexName": "by_org", "KeyConditionExpression": "org = :o",
        "ExpressionAttributeValues": { ":o": { "S": "739224" } },
    });
    let (status, answer) = aws.dynamodb("AKIAWRITER", "Query", &query).await;
    assert_eq!((status, &answer["Count"]), (StatusCode::OK, &json!(1)));
    query["IndexName"].take();
    assert_eq!(error_name(&aws.dynamodb("AKIAWRITER", "Query", &query).await.1), "AccessDeniedException");
}
