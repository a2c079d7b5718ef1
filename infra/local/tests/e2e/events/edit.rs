//! Edits that derive an event from a base event.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use form_urlencoded::{Serializer, byte_serialize};
use serde_json::{Map, Value, json};

/// A change to an event, applied to every member that repeats the changed value.
pub enum Edit {
    /// Sets the member at a JSON pointer (RFC 6901) whose parent is an object.
    Set(&'static str, Value),
    /// Removes the member at a JSON pointer (RFC 6901) whose parent is an object.
    Remove(&'static str),
    /// Sets a header of a REST API's event.
    Header(&'static str, &'static str),
    /// Sets the query of a REST API's event to these decoded parameters. A repeated parameter has several values.
    Query(&'static [(&'static str, &'static str)]),
    /// Moves a REST API's event to this resource, with the decoded value of its path parameter, if it has one.
    Route(&'static str, Option<(&'static str, &'static str)>),
    /// Sets the authorizer context of a REST API's event to the owner of an organization.
    Owner { org: &'static str, principal: &'static str },
    /// Encodes the body with Base64, as API Gateway does for binary media types.
    Base64Body,
    /// Converts a REST API's event to an HTTP API's event with payload 2.0. The last edit of a list.
    PayloadV2,
}

impl Edit {
    /// Applies the edit.
    ///
    /// # Panics
    ///
    /// Panics if the event lacks what the edit changes: a variant must differ from its base event.
    pub fn apply(&self, event: &mut Value) {
        match self {
            Self::Set(pointer, value) => set(event, pointer, value.clone()),
            Self::Remove(pointer) => {
                let (parent, name) = parent(event, pointer);
                assert!(parent.remove(name).is_some(), "{pointer} is not in the event");
            }
            Self::Header(name, value) => {
                event["headers"][*name] = json!(value);
                event["multiValueHeaders"][*name] = json!([value]);
            }
            Self::Query(parameters) => set_query(event, parameters),
            Self::Route(resource, parameter) => set_route(event, resource, *parameter),
            Self::Owner { org, principal } => {
                let context = &mut event["requestContext"]["authorizer"];
                context["principalId"] = json!(principal);
                context["principal"] = json!(principal);
                context["org_id"] = json!(org);
                context["roles"] = json!(format!("{org}:owner"));
            }
            Self::Base64Body => {
                event["body"] = json!(STANDARD.encode(text(&event["body"])));
                event["isBase64Encoded"] = json!(true);
            }
            Self::PayloadV2 => *event = payload_v2(event),
        }
    }
}

fn set(event: &mut Value, pointer: &str, value: Value) {
    let (parent, name) = parent(event, pointer);
    parent.insert(name.to_owned(), value);
}

/// The object that contains the member at `pointer`, and the member's name.
fn parent<'a, 'b>(event: &'a mut Value, pointer: &'b str) -> (&'a mut Map<String, Value>, &'b str) {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    (event.pointer_mut(parent).and_then(Value::as_object_mut).expect(pointer), name)
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a string")
}

/// Of a repeated parameter API Gateway puts the last value into `queryStringParameters`.
fn set_query(event: &mut Value, parameters: &[(&str, &str)]) {
    let mut last_values = json!({});
    let mut all_values = json!({});
    for (name, value) in parameters {
        last_values[*name] = json!(value);
        match all_values[*name].as_array_mut() {
            Some(values) => values.push(json!(value)),
            None => all_values[*name] = json!([value]),
        }
    }
    event["queryStringParameters"] = last_values;
    event["multiValueQueryStringParameters"] = all_values;
}

fn set_route(event: &mut Value, resource: &str, parameter: Option<(&str, &str)>) {
    let path = match parameter {
        Some((name, value)) => {
            // A REST API passes the value as it is in the URL.
            let encoded: String = byte_serialize(value.as_bytes()).collect();
            event["pathParameters"] = json!({ name: encoded });
            resource.replace(&format!("{{{name}}}"), &encoded)
        }
        None => resource.to_owned(),
    };
    if let Some(arn) = event.get("methodArn") {
        // `arn:aws:execute-api:<region>:<account>:<api>/<stage>/<method>` and the path.
        let before_path: Vec<_> = text(arn).splitn(4, '/').take(3).collect();
        event["methodArn"] = json!(format!("{}{path}", before_path.join("/")));
    }
    let stage = text(&event["requestContext"]["stage"]).to_owned();
    event["requestContext"]["resourcePath"] = json!(resource);
    event["requestContext"]["path"] = json!(format!("/{stage}{path}"));
    event["resource"] = json!(resource);
    event["path"] = json!(path);
}

/// The event that an HTTP API sends for the same request. Its header names are in lower case, absent values are absent
/// members, and the authorizer context has a member of its own.
fn payload_v2(rest: &Value) -> Value {
    let context = &rest["requestContext"];
    let route_key = format!("{} {}", text(&rest["httpMethod"]), text(&rest["resource"]));
    let domain_name = text(&context["domainName"]);
    let headers = rest["headers"].as_object().expect("headers").iter();
    let mut headers: Map<_, _> = headers.map(|(name, value)| (name.to_lowercase(), value.clone())).collect();
    headers.insert("host".to_owned(), json!(domain_name));
    let mut event = json!({
        "version": "2.0",
        "routeKey": route_key,
        "rawPath": rest["path"],
        "rawQueryString": raw_query(&rest["multiValueQueryStringParameters"]),
        "headers": headers,
        "requestContext": {
            "accountId": context["accountId"],
            "apiId": "httpapi",
            "domainName": domain_name,
            "domainPrefix": domain_name.split('.').next(),
            "http": {
                "method": rest["httpMethod"],
                "path": rest["path"],
                "protocol": context["protocol"],
                "sourceIp": context["identity"]["sourceIp"],
                "userAgent": context["identity"]["userAgent"],
            },
            "requestId": context["requestId"],
            "routeKey": route_key,
            "stage": "$default",
            "time": context["requestTime"],
            "timeEpoch": context["requestTimeEpoch"],
        },
        "isBase64Encoded": rest["isBase64Encoded"],
    });
    for name in ["queryStringParameters", "pathParameters", "body"] {
        if !rest[name].is_null() {
            event[name] = rest[name].clone();
        }
    }
    if let Some(mut lambda) = context["authorizer"].as_object().cloned() {
        // A REST API adds these two to what the authorizer returns.
        lambda.remove("principalId");
        lambda.remove("integrationLatency");
        event["requestContext"]["authorizer"] = json!({ "lambda": lambda });
    }
    event
}

fn raw_query(parameters: &Value) -> String {
    let mut query = Serializer::new(String::new());
    for (name, values) in parameters.as_object().into_iter().flatten() {
        for value in values.as_array().expect("a list of values") {
            query.append_pair(name, text(value));
        }
    }
    query.finish()
}
