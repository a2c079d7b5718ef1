"""Mutations of template.yaml that each rule must detect, which shows that the rule can fail."""

from collections.abc import Callable

import rules

Mutation = Callable[[dict], None]


def cycle(template: dict) -> None:
    """The usual cycle: a variable of a function refers to the API, whose OpenAPI document refers to the function."""
    variables(template)["PUBLIC_URL"] = {"Fn::Sub": "https://${Api}.execute-api.${AWS::Region}.amazonaws.com"}


def dependency(template: dict) -> None:
    template["Resources"]["Table"]["DependsOn"] = ["AuditLog", "AuthorizerRole"]


def attribute(template: dict) -> None:
    variables(template)["PUBLIC_URL"] = {"Fn::GetAtt": ["Api", "RootResourceId"]}


def public_route(template: dict) -> None:
    properties(template, "RevokeToken")["Events"]["Revoke"]["Properties"]["Auth"] = {"Authorizer": "NONE"}


def without_default(template: dict) -> None:
    """SAM rejects `Authorizer: NONE` without a default authorizer, so it is removed as well."""
    del properties(template, "Api")["Auth"]["DefaultAuthorizer"]
    for function in ("WellKnown", "Portal"):
        for event in properties(template, function)["Events"].values():
            del event["Properties"]["Auth"]


def private_document(template: dict) -> None:
    del properties(template, "WellKnown")["Events"]["OpenApi"]["Properties"]["Auth"]


def any_account(template: dict) -> None:
    source = properties(template, "AuthorizerAccount1")["SourceArn"]["Fn::Sub"]
    source[0] = source[0].replace("${Account}", "*")


def no_source(template: dict) -> None:
    del properties(template, "AuthorizerAccount1")["SourceArn"]


def no_empty_default(template: dict) -> None:
    parameter = template["Parameters"]["AdditionalAccessKeyArns"]
    parameter["AllowedPattern"] = parameter["AllowedPattern"].removesuffix("?")


def any_resource(template: dict) -> None:
    statement(template)["Resource"] = "*"


def any_index(template: dict) -> None:
    statement(template)["Resource"] = {"Fn::Sub": "${Table.Arn}/index/*"}


def any_action(template: dict) -> None:
    statement(template)["Action"] = ["dynamodb:UpdateItem", "dynamodb:Get*"]


def not_action(template: dict) -> None:
    statement(template)["NotAction"] = statement(template).pop("Action")


def conditional_statement(template: dict) -> None:
    document = properties(template, "RevokeToken")["Policies"][0]
    wide = {"Effect": "Allow", "Action": "kms:Sign", "Resource": "*"}
    document["Statement"].append({"Fn::If": ["NoLayers", {"Ref": "AWS::NoValue"}, wide]})


def managed_policy(template: dict) -> None:
    properties(template, "RevokeToken")["Policies"].append("arn:aws:iam::aws:policy/AmazonDynamoDBFullAccess")


def no_boundary(template: dict) -> None:
    del template["Globals"]["Function"]["PermissionsBoundary"]


def other_boundary(template: dict) -> None:
    del properties(template, "RevokeToken")["PermissionsBoundary"]
    statement(template)["Action"] = "dynamodb:DeleteItem"


def wide_boundary(template: dict) -> None:
    properties(template, "FunctionBoundary")["PolicyDocument"]["Statement"][-1]["Action"] = ["kms:GetPublicKey", "kms:Sign"]


def boundary_of_any_caller(template: dict) -> None:
    """Without its condition, the statement for calls through DynamoDB allows the functions to decrypt with any key."""
    statements = properties(template, "FunctionBoundary")["PolicyDocument"]["Statement"]
    del next(statement for statement in statements if "kms:Decrypt" in statement["Action"])["Condition"]


def replaceable_boundary(template: dict) -> None:
    properties(template, "CreateTokenRole")["PermissionsBoundary"] = {"Ref": "PermissionsBoundaryArn"}


def reflected_path(template: dict) -> None:
    response(template)["ResponseTemplates"]["application/json"] = '{"detail":"$context.path"}'


def reflected_body(template: dict) -> None:
    response(template)["ResponseTemplates"]["application/json"] = "$input.json('$')"


def reflected_header(template: dict) -> None:
    response(template)["ResponseParameters"]["Headers"]["X"] = "method.request.header.Authorization"


def logged_path(template: dict) -> None:
    setting = properties(template, "Api")["AccessLogSetting"]["Fn::If"][2]
    setting["Format"] += "$context.path"


def logged_credential(template: dict) -> None:
    setting = properties(template, "Api")["AccessLogSetting"]["Fn::If"][2]
    setting["Format"] += "$context.authorizer.principalId"


def no_role_dependency(template: dict) -> None:
    del template["Resources"]["AccessLog"]["Metadata"]


def no_order(template: dict) -> None:
    del template["Resources"]["RevokeToken"]["Metadata"]["After"]


def no_order_of_reader(template: dict) -> None:
    del template["Resources"]["ListTokens"]["Metadata"]["After"]


def unpublished_authorizer(template: dict) -> None:
    authorizer = properties(template, "Api")["Auth"]["Authorizers"]["Latchkey"]
    authorizer["FunctionArn"] = {"Fn::GetAtt": ["Authorizer", "Arn"]}


def unpublished_output(template: dict) -> None:
    template["Outputs"]["AuthorizerArn"]["Value"] = {"Fn::Sub": "${Authorizer.Arn}"}


def plain_slashes(template: dict) -> None:
    properties(template, "Api")["MethodSettings"][1]["ResourcePath"] = "/v1/access-tokens"


def other_method(template: dict) -> None:
    properties(template, "Api")["MethodSettings"][1]["HttpMethod"] = "PUT"


def no_runbook(template: dict) -> None:
    alarm = properties(template, "SigningErrors")
    alarm["AlarmDescription"] = alarm["AlarmDescription"].replace("Runbook: ", "")


def missing_runbook(template: dict) -> None:
    properties(template, "SigningErrors")["AlarmDescription"] = "KMS does not sign. Runbook: Signatures."


def missing_section(template: dict) -> None:
    transformer = properties(template, "KeyChanges")["Targets"][0]["InputTransformer"]
    transformer["InputTemplate"] = {"Fn::Sub": '"<call>. Runbook: Keys."'}


def no_end(template: dict) -> None:
    del properties(template, "SigningErrors")["OKActions"]


def no_start(template: dict) -> None:
    properties(template, "SigningErrors")["AlarmActions"] = {"Ref": "AWS::NoValue"}


def consecutive(template: dict) -> None:
    del properties(template, "AuthorizerErrors")["DatapointsToAlarm"]


def all_minutes(template: dict) -> None:
    properties(template, "AuthorizerErrors")["DatapointsToAlarm"] = 10


def unwatched_errors(template: dict) -> None:
    remove_metric(template, "FunctionErrors", "Portal")


def unwatched_throttles(template: dict) -> None:
    remove_metric(template, "FunctionThrottles", "MyRoles")


def unwatched_authorizer(template: dict) -> None:
    del template["Resources"]["AuthorizerFailures"]


def counted_401(template: dict) -> None:
    metric(template, "AuthorizerFailures", "Authorizer")["MetricName"] = "Errors"


def other_phrase(template: dict) -> None:
    properties(template, "DisabledKeyLines")["FilterPattern"] = '"the key is disabled"'


def invalid_json(template: dict) -> None:
    dashboard(template)["Fn::Sub"] = dashboard(template)["Fn::Sub"].replace('\\"', '"')


def unquoted_namespace(template: dict) -> None:
    dashboard(template)["Fn::Sub"] = dashboard(template)["Fn::Sub"].replace('\\"Latchkey/${AWS::StackName}\\"', "Latchkey/x")


def detailed_metrics(template: dict) -> None:
    properties(template, "Api")["MethodSettings"][0]["MetricsEnabled"] = True


def application_level(template: dict) -> None:
    template["Globals"]["Function"]["LoggingConfig"]["ApplicationLogLevel"] = "INFO"


def system_level(template: dict) -> None:
    properties(template, "RevokeToken")["LoggingConfig"]["SystemLogLevel"] = "WARN"


def rule_without_topic(template: dict) -> None:
    del template["Resources"]["StackChanges"]["Condition"]


def long_pattern(template: dict) -> None:
    names = properties(template, "RoleChanges")["EventPattern"]["detail"]["$or"][0]["requestParameters"]["roleName"]
    names += [{"prefix": {"Fn::Sub": "${AWS::StackName}-Role-"}} for _ in range(20)]


def unwatched_code(template: dict) -> None:
    names = properties(template, "ReadingFunctionChanges")["EventPattern"]["detail"]["requestParameters"]["functionName"]
    names.remove({"suffix": {"Ref": "WellKnown"}})


def unwatched_role(template: dict) -> None:
    names = properties(template, "RoleChanges")["EventPattern"]["detail"]["$or"][0]["requestParameters"]["roleName"]
    names.remove({"prefix": {"Fn::Sub": "${AWS::StackName}-GetTokenRole-"}})


def constant_alarm(template: dict) -> None:
    del template["Resources"]["TableErrors"]["Condition"]


def constant_filter(template: dict) -> None:
    template["Resources"]["DisabledKeyLines"]["Condition"] = "HasAlarmTopic"


def cheaper_alarm(template: dict) -> None:
    remove_metric(template, "FunctionErrors", "Portal")


def new_parameter(template: dict) -> None:
    template["Parameters"]["NewParameter"] = {"Type": "String", "Default": ""}


def other_default(template: dict) -> None:
    template["Parameters"]["LogRetentionDays"]["Default"] = 3


def without_group(template: dict) -> None:
    interface(template)["ParameterGroups"][0]["Parameters"].pop()


def second_group(template: dict) -> None:
    interface(template)["ParameterGroups"][0]["Parameters"].append("WebAclArn")


def without_label(template: dict) -> None:
    del interface(template)["ParameterLabels"]["WebAclArn"]


def removed_parameter(template: dict) -> None:
    del template["Parameters"]["RootCertificates"]


MUTATIONS: dict[Callable, tuple[Mutation, ...]] = {
    rules.no_circular_dependency: (cycle, dependency, attribute),
    rules.routes_have_an_authorizer: (public_route, without_default, private_document),
    rules.permissions_name_an_account: (any_account, no_source),
    rules.parameter_defaults_match_patterns: (no_empty_default,),
    rules.policies_have_no_wildcard: (
        any_resource,
        any_index,
        any_action,
        not_action,
        conditional_statement,
        managed_policy,
    ),
    rules.boundaries_match_function_policies: (
        no_boundary,
        other_boundary,
        wide_boundary,
        boundary_of_any_caller,
        replaceable_boundary,
    ),
    rules.gateway_responses_reflect_no_request: (reflected_path, reflected_body, reflected_header),
    rules.access_logs_contain_no_path: (logged_path, logged_credential),
    rules.stages_depend_on_the_logging_role: (no_role_dependency,),
    rules.functions_depend_on_the_authorizer: (no_order, no_order_of_reader),
    rules.functions_are_invoked_through_aliases: (unpublished_authorizer, unpublished_output),
    rules.method_settings_name_routes: (plain_slashes, other_method),
    rules.alarms_name_a_runbook_section: (no_runbook, missing_runbook, missing_section),
    rules.alarms_notify_of_both_changes: (no_end, no_start),
    rules.alarms_need_no_consecutive_minutes: (consecutive, all_minutes),
    rules.alarms_watch_every_function: (unwatched_errors, unwatched_throttles, unwatched_authorizer, counted_401),
    rules.filters_match_log_lines: (other_phrase,),
    rules.dashboards_are_valid: (invalid_json, unquoted_namespace),
    rules.detailed_metrics_are_used: (detailed_metrics,),
    rules.functions_log_every_line: (application_level, system_level),
    rules.event_rules_are_deployable: (rule_without_topic, long_pattern),
    rules.event_rules_watch_every_function: (unwatched_code, unwatched_role),
    rules.monitoring_can_be_turned_off: (constant_alarm, constant_filter),
    rules.alarm_costs_are_documented: (cheaper_alarm,),
    rules.parameters_are_documented: (new_parameter, other_default),
    rules.parameters_are_in_one_group: (without_group, second_group, without_label, removed_parameter),
}


def properties(template: dict, name: str) -> dict:
    return template["Resources"][name]["Properties"]


def interface(template: dict) -> dict:
    return template["Metadata"]["AWS::CloudFormation::Interface"]


def variables(template: dict) -> dict:
    return properties(template, "Authorizer")["Environment"]["Variables"]


def statement(template: dict) -> dict:
    return properties(template, "RevokeToken")["Policies"][0]["Statement"][0]


def response(template: dict) -> dict:
    return properties(template, "Api")["GatewayResponses"]["THROTTLED"]


def dashboard(template: dict) -> dict:
    return properties(template, "Dashboard")["DashboardBody"]


def metric(template: dict, alarm: str, function: str) -> dict:
    """The metric of an alarm for a function."""
    return query(template, alarm, function)["MetricStat"]["Metric"]


def remove_metric(template: dict, alarm: str, function: str) -> None:
    properties(template, alarm)["Metrics"].remove(query(template, alarm, function))


def query(template: dict, alarm: str, function: str) -> dict:
    queries = properties(template, alarm)["Metrics"]
    return next(one for one in queries if {"Ref": function} in [own["Value"] for own in dimensions(one)])


def dimensions(query: dict) -> list[dict]:
    return query.get("MetricStat", {}).get("Metric", {}).get("Dimensions", [])
