//! Small templates, valid and invalid.

use super::*;
use crate::iam::Statement;

/// Loads a template with one function, which has these lines as its properties.
fn load_function(lines: &str) -> Result<Template, TemplateError> {
    load_text(&format!(
        "Resources:
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: s
      Auth:
        Authorizers: {{ A: {{ FunctionArn: !GetAtt F.Arn, FunctionPayloadType: REQUEST, Identity: {{ Headers: [X] }} }} }}
  F:
    Type: AWS::Serverless::Function
    Metadata: {{ BuildProperties: {{ Binary: f }} }}
    Properties:
{lines}
"
    ))
}

#[test]
fn function_without_settings_has_the_defaults_of_lambda() {
    let template = load_function("      Description: !Select [0, [not, resolved]]").unwrap();
    assert_eq!(template.functions[0].timeout, Duration::from_secs(3));
    assert_eq!(template.functions[0].memory_mb, 128);
}

#[test]
fn function_has_the_statements_of_its_role() {
    let role = |target: &str| {
        load_function(&format!(
            "      Role: !GetAtt {target}
  R:
    Type: AWS::IAM::Role
    Properties:
      ManagedPolicyArns: [!Sub \"${{Unknown}}\"]
      Policies: [{{ PolicyName: p, PolicyDocument: {{ Statement: [{{ Effect: Allow, Action: a:b, Resource: c }}] }} }}]"
        ))
    };
    assert_eq!(role("R.Arn").unwrap().functions[0].statements, [Statement::allow("a:b", "c")]);
    for other in ["R.RoleId", "Other.Arn", "F.Arn"] {
        let error = error_message(role(other));
        assert!(error.ends_with("`Role` must be the ARN of a role in the template"), "{error}");
    }
}

#[test]
fn authorizer_may_be_an_alias() {
    let with_alias = |name: &str| {
        load_text(&format!(
            "Globals: {{ Function: {{ AutoPublishAlias: live }} }}
Resources:
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: s
      Auth:
        Authorizers: {{ A: {{ FunctionArn: !Ref {name}, FunctionPayloadType: REQUEST, Identity: {{ Headers: [X] }} }} }}
  F:
    Type: AWS::Serverless::Function
    Metadata: {{ BuildProperties: {{ Binary: f }} }}
"
        ))
    };
    assert_eq!(with_alias("F.Alias").unwrap().apis[0].authorizer.as_ref().unwrap().function, "f");
    assert!(with_alias("G.Alias").is_err());
}

#[test]
fn event_of_another_type_is_an_error() {
    let error =
        error_message(load_function("      Events: { E: { Type: Schedule, Properties: { Schedule: rate(1 day) } } }"));
    assert_eq!(error, "at `Resources.F.Properties.Events.E`: event type `Schedule` is not supported");
}

#[test]
fn routes_that_differ_in_a_parameter_name_are_duplicates() {
    let error = error_message(load_function(
        "      Events:
        A: { Type: Api, Properties: { RestApiId: !Ref Api, Path: \"/a/{id}\", Method: get } }
        B: { Type: Api, Properties: { RestApiId: !Ref Api, Path: \"/a/{name}\", Method: GET } }",
    ));
    assert_eq!(error, "at `Resources.F.Properties.Events.B`: `GET /a/{id}` is defined twice");
}

#[test]
fn route_may_name_the_authorizer_or_none() {
    let event = |auth| {
        load_function(&format!(
            "      Events: {{ E: {{ Type: Api, Properties: {{ RestApiId: !Ref Api, Path: /a, Method: any{auth} }} }} }}"
        ))
    };
    let authorized = |auth| event(auth).map(|template| template.apis[0].routes[0].authorized);
    assert_eq!(authorized(""), Ok(false));
    assert_eq!(authorized(", Auth: { Authorizer: A }"), Ok(true));
    assert_eq!(authorized(", Auth: { Authorizer: NONE }"), Ok(false));
    assert!(authorized(", Auth: { Authorizer: B }").is_err());
    assert!(authorized(", Auth: { ApiKeyRequired: true }").is_err());
    assert_eq!(event("").unwrap().apis[0].routes[0].method, "ANY");
}

#[test]
fn greedy_path_and_unknown_api_are_errors() {
    for properties in
        ["RestApiId: !Ref Api, Path: \"/{proxy+}\"", "RestApiId: other, Path: /a", "Path: /a", "ApiId: other, Path: /a"]
    {
        let events = format!("      Events: {{ E: {{ Type: Api, Properties: {{ {properties}, Method: get }} }} }}");
        assert!(load_function(&events).is_err(), "{properties}");
    }
}

#[test]
fn unsupported_function_is_reported_with_its_path() {
    let error = error_message(load_function("      Environment: { Variables: { A: !ImportValue b } }"));
    let expected = "at `Resources.F.Properties.Environment.Variables.A`: `Fn::ImportValue` is not supported, \
                    only Ref, Sub, GetAtt, If, Equals, Not and Join";
    assert_eq!(error, expected);
}

#[test]
fn setting_must_be_a_number() {
    assert_eq!(load_function("      Timeout: \"7\"").unwrap().functions[0].timeout, Duration::from_secs(7));
    assert!(load_function("      Timeout: long").is_err());
}

#[test]
fn unsupported_access_restriction_is_an_error() {
    let globals = "Globals: { Api: { Auth: { DefaultAuthorizer: A } } }";
    let api = |auth: &str| {
        format!(
            "{globals}\nResources: {{ Api: {{ Type: AWS::Serverless::Api, Properties: {{ StageName: s, Auth: {auth} }} }} }}"
        )
    };
    assert!(error_message(load_text(&api("{}"))).contains("Globals.Api"));
    for auth in ["{ DefaultAuthorizer: A }", "{ ApiKeyRequired: true }", "{ ResourcePolicy: {} }"] {
        assert!(load_text(&api(auth).replace(globals, "")).is_err(), "{auth}");
    }
    assert!(load_text(&api("{}").replace(globals, "")).is_ok());
}

#[test]
fn minimum_compression_size_is_limited_to_10_mb_of_rest() {
    let read = |kind: &str, size: &str| {
        let api = format!("{{ Type: {kind}, Properties: {{ StageName: s, MinimumCompressionSize: {size} }} }}");
        load_text(&format!("Resources: {{ Api: {api} }}"))
    };
    for size in [0, 1024, 10_485_760] {
        let template = read("AWS::Serverless::Api", &size.to_string()).unwrap();
        assert_eq!(template.apis[0].minimum_compression_size, Some(size));
    }
    for (kind, size) in [
        ("AWS::Serverless::Api", "10485761"),
        ("AWS::Serverless::Api", "-1"),
        ("AWS::Serverless::Api", "some"),
        ("AWS::Serverless::HttpApi", "1024"),
    ] {
        let error = error_message(read(kind, size));
        assert!(
            error.contains("`MinimumCompressionSize` must be 0 to 10485760, of a REST API"),
            "{kind} {size}: {error}"
        );
    }
}

#[test]
fn template_without_api_is_an_error() {
    assert_eq!(
        error_message(load_text("Resources: {}")),
        "at `Resources`: the template must have an `AWS::Serverless::Api` or `AWS::Serverless::HttpApi`"
    );
}

/// Loads a template with an HTTP API, whose authorizer has these members, and one route.
fn load_http_api(authorizer: &str, event: &str) -> Result<Template, TemplateError> {
    load_text(&format!(
        "Resources:
  Web:
    Type: AWS::Serverless::HttpApi
    Properties: {{ Auth: {{ DefaultAuthorizer: A, Authorizers: {{ A: {{ {authorizer} }} }} }} }}
  F:
    Type: AWS::Serverless::Function
    Metadata: {{ BuildProperties: {{ Binary: f }} }}
    Properties: {{ Events: {{ E: {{ Type: {event}, Path: /a, Method: get }} }} }} }}"
    ))
}

#[test]
fn http_api_may_have_the_authorizer_of_another_template() {
    let elsewhere = "FunctionArn: arn:aws:lambda:us-east-1:000000000000:function:authorizer, Identity: { Headers: [Authorization] }";
    let simple = "AuthorizerPayloadFormatVersion: \"2.0\", EnableSimpleResponses: true";
    let event = "HttpApi, Properties: { ApiId: !Ref Web";
    let api = load_http_api(&format!("{elsewhere}, {simple}"), event).unwrap().apis.remove(0);
    assert_eq!((api.kind, api.stage.as_str(), api.id.as_str()), (ApiKind::Http, "$default", "web"));
    assert_eq!(api.authorizer.unwrap().function, "authorizer");
    assert!(api.routes[0].authorized);
    for other in [
        "AuthorizerPayloadFormatVersion: \"1.0\", EnableSimpleResponses: true",
        "AuthorizerPayloadFormatVersion: \"2.0\"",
        "FunctionPayloadType: REQUEST",
    ] {
        let error = error_message(load_http_api(&format!("{elsewhere}, {other}"), event));
        assert!(error.contains("payload 2.0 and simple responses"), "{error}");
    }
    let foreign = "FunctionArn: arn:aws:lambda:us-east-1:111111111111:function:authorizer, Identity: { Headers: [] }";
    assert!(
        error_message(load_http_api(&format!("{foreign}, {simple}"), event)).contains("is not the ARN of a function")
    );
    let unknown_api = load_http_api(&format!("{elsewhere}, {simple}"), "Api, Properties: { RestApiId: !Ref Web");
    assert!(error_message(unknown_api).contains("not an API of this kind"));
}
