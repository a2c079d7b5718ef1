"""Changes to template.yaml, by the rule that must notice them, so that no rule passes whatever it is given."""

from collections.abc import Callable

import rules

Change = Callable[[dict], None]


def cycle(template: dict) -> None:
    """The usual one: a function is told the address of the API whose document names the function."""
    variables(template)["PUBLIC_URL"] = {"Fn::Sub": "https://${Api}.execute-api.${AWS::Region}.amazonaws.com"}


def dependency(template: dict) -> None:
    template["Resources"]["Table"]["DependsOn"] = ["AuditLog", "AuthorizerRole"]


def attribute(template: dict) -> None:
    variables(template)["PUBLIC_URL"] = {"Fn::GetAtt": ["Api", "RootResourceId"]}


def opened(template: dict) -> None:
    properties(template, "RevokeToken")["Events"]["Revoke"]["Properties"]["Auth"] = {"Authorizer": "NONE"}


def without_default(template: dict) -> None:
    """SAM refuses NONE where there is nothing to be an exception of."""
    del properties(template, "Api")["Auth"]["DefaultAuthorizer"]
    for function in ("WellKnown", "Portal"):
        for event in properties(template, function)["Events"].values():
            del event["Properties"]["Auth"]


def closed(template: dict) -> None:
    del properties(template, "WellKnown")["Events"]["OpenApi"]["Properties"]["Auth"]


def no_empty_list(template: dict) -> None:
    parameter = template["Parameters"]["AdditionalAccessKeyArns"]
    parameter["AllowedPattern"] = parameter["AllowedPattern"].removesuffix("?")


def any_resource(template: dict) -> None:
    statement(template)["Resource"] = "*"


def any_index(template: dict) -> None:
    statement(template)["Resource"] = {"Fn::Sub": "${Table.Arn}/index/*"}


def any_action(template: dict) -> None:
    statement(template)["Action"] = ["dynamodb:UpdateItem", "dynamodb:Get*"]


def all_but(template: dict) -> None:
    statement(template)["NotAction"] = statement(template).pop("Action")


def conditional(template: dict) -> None:
    document = properties(template, "RevokeToken")["Policies"][0]
    wide = {"Effect": "Allow", "Action": "kms:Sign", "Resource": "*"}
    document["Statement"].append({"Fn::If": ["NoLayers", {"Ref": "AWS::NoValue"}, wide]})


def managed(template: dict) -> None:
    properties(template, "RevokeToken")["Policies"].append("arn:aws:iam::aws:policy/AmazonDynamoDBFullAccess")


def unbounded(template: dict) -> None:
    del template["Globals"]["Function"]["PermissionsBoundary"]


def other_boundary(template: dict) -> None:
    del properties(template, "RevokeToken")["PermissionsBoundary"]
    statement(template)["Action"] = "dynamodb:DeleteItem"


def wide_boundary(template: dict) -> None:
    properties(template, "FunctionBoundary")["PolicyDocument"]["Statement"][2]["Action"] = ["kms:GetPublicKey", "kms:Sign"]


def echoed_path(template: dict) -> None:
    response(template)["ResponseTemplates"]["application/json"] = '{"detail":"$context.path"}'


def echoed_body(template: dict) -> None:
    response(template)["ResponseTemplates"]["application/json"] = "$input.json('$')"


def echoed_header(template: dict) -> None:
    response(template)["ResponseParameters"]["Headers"]["X"] = "method.request.header.Authorization"


def logged_path(template: dict) -> None:
    setting = properties(template, "Api")["AccessLogSetting"]["Fn::If"][2]
    setting["Format"] += "$context.path"


def logged_credential(template: dict) -> None:
    setting = properties(template, "Api")["AccessLogSetting"]["Fn::If"][2]
    setting["Format"] += "$context.authorizer.principalId"


def no_wait(template: dict) -> None:
    del template["Resources"]["AccessLog"]["Metadata"]


def plain_slashes(template: dict) -> None:
    properties(template, "Api")["MethodSettings"][1]["ResourcePath"] = "/v1/access-tokens"


def other_method(template: dict) -> None:
    properties(template, "Api")["MethodSettings"][1]["HttpMethod"] = "PUT"


def no_runbook(template: dict) -> None:
    alarm = properties(template, "SigningErrors")
    alarm["AlarmDescription"] = alarm["AlarmDescription"].replace("Runbook: ", "")


def missing_runbook(template: dict) -> None:
    properties(template, "SigningErrors")["AlarmDescription"] = "KMS does not sign. Runbook: Signatures."


MUTATIONS: dict[Callable, tuple[Change, ...]] = {
    rules.nothing_waits_for_itself: (cycle, dependency, attribute),
    rules.every_route_is_guarded: (opened, without_default, closed),
    rules.parameters_allow_their_defaults: (no_empty_list,),
    rules.no_policy_has_a_wildcard: (any_resource, any_index, any_action, all_but, conditional, managed),
    rules.boundaries_fit_the_functions: (unbounded, other_boundary, wide_boundary),
    rules.no_gateway_response_echoes: (echoed_path, echoed_body, echoed_header),
    rules.access_logs_hold_no_path: (logged_path, logged_credential),
    rules.stages_wait_for_the_role_that_logs: (no_wait,),
    rules.settings_name_methods: (plain_slashes, other_method),
    rules.alarms_name_a_runbook_section: (no_runbook, missing_runbook),
}


def properties(template: dict, name: str) -> dict:
    return template["Resources"][name]["Properties"]


def variables(template: dict) -> dict:
    return properties(template, "Authorizer")["Environment"]["Variables"]


def statement(template: dict) -> dict:
    return properties(template, "RevokeToken")["Policies"][0]["Statement"][0]


def response(template: dict) -> dict:
    return properties(template, "Api")["GatewayResponses"]["THROTTLED"]
