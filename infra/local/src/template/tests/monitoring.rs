//! The alarms and the dashboard of this repository's template.

use shared::telemetry::Metric;

use super::*;

/// The metrics of AWS that alarms and the dashboard may use: namespace, name and dimensions.
const AWS_METRICS: [(&str, &str, &[&str]); 6] = [
    ("AWS/Lambda", "Throttles", &["FunctionName"]),
    ("AWS/Lambda", "ConcurrentExecutions", &["FunctionName"]),
    ("AWS/Lambda", "Errors", &["FunctionName"]),
    ("AWS/Lambda", "Invocations", &["FunctionName"]),
    ("AWS/ApiGateway", "5XXError", &["ApiName", "Stage"]),
    ("AWS/DynamoDB", "SystemErrors", &["Operation", "TableName"]),
];

/// The unresolved resources of the template.
fn resources() -> Value {
    yaml::parse(&repository_text()).unwrap()["Resources"].take()
}

/// The properties of the resources of a type.
fn properties(type_name: &str) -> Vec<Value> {
    let resources = resources();
    let resources = resources.as_object().unwrap().values().filter(|resource| resource["Type"] == type_name);
    resources.map(|resource| resource["Properties"].clone()).collect()
}

/// The properties of the alarms.
fn alarms() -> Vec<Value> {
    properties("AWS::CloudWatch::Alarm")
}

/// Whether a metric filter counts the metric, without dimensions.
fn is_filtered(metric: &str) -> bool {
    let filters = properties("AWS::Logs::MetricFilter");
    let mut names = filters.iter().map(|filter| &filter["MetricTransformations"][0]["MetricName"]);
    names.any(|name| name == metric)
}

/// The metrics of an alarm: one, or those of its expression.
fn metrics(alarm: &Value) -> Vec<Value> {
    let Some(queries) = alarm["Metrics"].as_array() else { return vec![alarm.clone()] };
    queries.iter().map(|query| query["MetricStat"]["Metric"].clone()).filter(Value::is_object).collect()
}

/// Whether a metric has values: a function emits it with exactly the dimension `operation`, a metric filter counts it, or
/// AWS emits it.
fn is_emitted(namespace: &str, metric: &str, dimensions: &[(&str, &str)]) -> bool {
    if let ("Latchkey/${AWS::StackName}", [("operation", operation)]) = (namespace, dimensions) {
        return Metric::ALL.iter().any(|own| own.name() == metric && own.is_emitted_by(operation));
    }
    if let ("Latchkey/${AWS::StackName}", []) = (namespace, dimensions) {
        return is_filtered(metric);
    }
    let names: Vec<_> = dimensions.iter().map(|(name, _)| *name).collect();
    AWS_METRICS.contains(&(namespace, metric, &names))
}

#[test]
fn alarm_metrics_are_emitted_by_the_named_operations() {
    let metrics: Vec<_> = alarms().into_iter().flat_map(|alarm| metrics(&alarm)).collect();
    assert!(metrics.len() >= 30);
    for metric in metrics {
        let namespace = metric["Namespace"].as_str().or(metric["Namespace"]["Fn::Sub"].as_str()).unwrap();
        // The dimensions of AWS metrics are references, which CloudFormation checks.
        let dimensions = metric["Dimensions"].as_array().into_iter().flatten();
        let dimensions: Vec<_> =
            dimensions.map(|own| (own["Name"].as_str().unwrap(), own["Value"].as_str().unwrap_or_default())).collect();
        assert!(is_emitted(namespace, metric["MetricName"].as_str().unwrap(), &dimensions), "{metric}");
    }
}

#[test]
fn dashboard_metrics_are_emitted_by_the_named_operations() {
    let resources = resources();
    let body = resources["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"].as_str().unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    let widgets = body["widgets"].as_array().unwrap().iter();
    let metrics: Vec<_> = widgets.filter_map(|widget| widget["properties"]["metrics"].as_array()).flatten().collect();
    assert!(metrics.len() >= 10);
    for metric in metrics {
        if let Some(expression) = metric[0]["expression"].as_str() {
            let client_errors =
                "SEARCH('{\"Latchkey/${AWS::StackName}\",operation,code} MetricName=\"ClientErrors\"', 'Sum', 60)";
            assert_eq!(expression, client_errors, "the only search, over two dimensions");
            continue;
        }
        let texts: Vec<_> = metric.as_array().unwrap().iter().filter_map(Value::as_str).collect();
        let dimensions: Vec<_> = texts[2..].chunks(2).map(|pair| (pair[0], pair[1])).collect();
        assert!(is_emitted(texts[0], texts[1], &dimensions), "{metric}");
    }
}

#[test]
fn metric_that_is_not_emitted_is_detected() {
    let namespace = "Latchkey/${AWS::StackName}";
    for (namespace, metric, dimensions, expected) in [
        (namespace, "KmsErrors", &[("operation", "createAccessToken")][..], true),
        (namespace, "KmsErrors", &[("operation", "listAccessTokens")], false),
        (namespace, "TokensCreated", &[("operation", "authorize")], false),
        (namespace, "ClientErrors", &[("operation", "deny")], false),
        (namespace, "Denials", &[("operation", "authorize")], false),
        (namespace, "ClientErrors", &[], false),
        (namespace, "DisabledKeys", &[], true),
        (namespace, "DisabledKeys", &[("operation", "authorize")], false),
        ("Latchkey", "DisabledKeys", &[], false),
        (namespace, "ClientErrors", &[("operation", "authorize"), ("code", "x")], false),
        ("Latchkey", "ClientErrors", &[("operation", "authorize")], false),
        ("AWS/Lambda", "Throttles", &[("FunctionName", "")], true),
        ("AWS/Lambda", "Throttles", &[], false),
        ("AWS/Lambda", "Throttles", &[("operation", "authorize")], false),
        ("AWS/Lambda", "Throttled", &[("FunctionName", "")], false),
    ] {
        assert_eq!(is_emitted(namespace, metric, dimensions), expected, "{namespace} {metric} {dimensions:?}");
    }
}

/// Each 401 of the authorizer is an error of its function, so the alarms exclude it.
#[test]
fn error_alarms_watch_every_function_but_the_authorizer() {
    let metrics = alarms().into_iter().flat_map(|alarm| metrics(&alarm));
    let errors = metrics.filter(|metric| metric["Namespace"] == "AWS/Lambda" && metric["MetricName"] == "Errors");
    let watched = errors.map(|metric| metric["Dimensions"][0]["Value"]["Ref"].as_str().unwrap().to_owned());
    let functions = repository_template(&[]).functions.into_iter().map(|function| function.logical_id);
    let expected: BTreeSet<_> = functions.filter(|name| name != "Authorizer").collect();
    assert_eq!(watched.collect::<BTreeSet<_>>(), expected);
}
