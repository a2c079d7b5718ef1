"""Checks the event rules of template.yaml with recorded forms of AWS's events, in a third-party emulator of EventBridge."""

import json
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from emulator import Emulator
from transform import read

ACCOUNT = "111122223333"
STACK_ID = f"arn:aws:cloudformation:eu-central-1:{ACCOUNT}:stack/my-stack/1"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/my-stack-AuditBoundary-1"
KEY, PUBLIC_KEY, ADDITIONAL_KEY, OTHER_KEY = (f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/{number}" for number in range(4))
FUNCTION_ARN = f"arn:aws:lambda:eu-central-1:{ACCOUNT}:function:"

REFERENCES = {
    "AWS::StackId": STACK_ID,
    "AWS::StackName": "my-stack",
    "AuditBoundary": BOUNDARY,
    "RolesBoundary": BOUNDARY.replace("Audit", "Roles"),
    "AccessKey.Arn": KEY,
    "PublicSigningKeyArn": PUBLIC_KEY,
    "AdditionalAccessKeyArns": [ADDITIONAL_KEY],
    "AdditionalPublicKeyArns": [""],
}
# The template's access key, and a public key that is a parameter.
CONDITIONS = {"UseOwnAccessKey": True, "UseOwnPublicKey": False}


def api_call(service: str, name: str, parameters: dict, **detail: object) -> dict:
    """An event as CloudTrail sends it (CloudTrail User Guide, Understanding CloudTrail events)."""
    call = {
        "userIdentity": {"type": "IAMUser", "arn": f"arn:aws:iam::{ACCOUNT}:user/Alice"},
        "eventTime": "2026-11-30T09:30:00Z",
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "sourceIPAddress": "192.0.2.1",
        "requestParameters": parameters,
    }
    return envelope(service, "AWS API Call via CloudTrail", call | detail)


def envelope(service: str, detail_type: str, detail: dict) -> dict:
    event = {"version": "0", "id": "1", "account": ACCOUNT, "time": "2026-11-30T09:30:00Z", "region": "eu-central-1"}
    return event | {"source": f"aws.{service}", "detail-type": detail_type, "resources": [], "detail": detail}


def key_call(name: str, key: str, **detail: object) -> dict:
    resources = [{"accountId": ACCOUNT, "type": "AWS::KMS::Key", "ARN": key}]
    return api_call("kms", name, {"keyId": key.rsplit("/", 1)[1]}, resources=resources, **detail)


def function_call(name: str, function: str, **detail: object) -> dict:
    return api_call("lambda", name, {"functionName": function}, **detail)


def role_call(name: str, role: str, **detail: object) -> dict:
    return api_call("iam", name, {"roleName": role, "policyName": "p"}, **detail)


def stack_status(stack: str, status: str) -> dict:
    return envelope("cloudformation", "CloudFormation Stack Status Change", {"stack-id": stack, "status-details": {"status": status}})


BY_CODEDEPLOY = {"sourceIPAddress": "codedeploy.amazonaws.com"}
DENIED = {"errorCode": "AccessDenied"}
BY_CLOUDFORMATION = {"sourceIPAddress": "cloudformation.amazonaws.com"}

# Each event with the rules that it must match.
CASES: tuple[tuple[dict, set[str]], ...] = (
    *((key_call(name, KEY), {"KeyChanges"}) for name in ("PutKeyPolicy", "CreateGrant", "DisableKey", "ScheduleKeyDeletion")),
    (key_call("EnableKey", PUBLIC_KEY), {"KeyChanges"}),
    (key_call("DisableKey", ADDITIONAL_KEY, **BY_CLOUDFORMATION), {"KeyChanges"}),
    (key_call("DisableKey", OTHER_KEY), set()),
    (key_call("Sign", KEY), set()),
    (key_call("PutKeyPolicy", KEY, **DENIED), set()),
    (function_call("UpdateFunctionCode20150331v2", "my-stack-Authorizer-1"), {"FunctionChanges"}),
    (function_call("UpdateFunctionCode20150331v2", "my-stack-Portal-1:$LATEST"), {"ReadingFunctionChanges"}),
    (function_call("UpdateFunctionConfiguration20150331v2", f"{FUNCTION_ARN}my-stack-CreateToken-1"), {"FunctionChanges"}),
    (function_call("UpdateFunctionCode20150331v2", "my-stack-CreateToken-1", **BY_CLOUDFORMATION), set()),
    (function_call("UpdateFunctionCode20150331v2", "my-stack-CreateToken-1", **DENIED), set()),
    (function_call("UpdateFunctionConfiguration20150331v2", f"{FUNCTION_ARN}my-stack-GetToken-1"), {"ReadingFunctionChanges"}),
    (function_call("UpdateFunctionCode20150331v2", "my-stack-GetToken-1", **BY_CLOUDFORMATION), set()),
    (function_call("UpdateAlias20150331", "my-stack-Portal-1"), {"ReadingFunctionChanges"}),
    (function_call("UpdateAlias20150331", "my-stack-Portal-1", **BY_CODEDEPLOY), set()),
    (function_call("UpdateFunctionCode20150331v2", "my-stack-UpdateToken-1"), {"FunctionChanges"}),
    (function_call("AddPermission20150331v2", f"{FUNCTION_ARN}my-stack-RevokeToken-1", **BY_CLOUDFORMATION), {"PermissionChanges"}),
    (function_call("AddPermission20150331v2", f"{FUNCTION_ARN}my-stack-Authorizer-1:live"), {"PermissionChanges"}),
    (function_call("AddPermission20150331v2", "my-stack-Authorizer-1:live"), {"PermissionChanges"}),
    (function_call("AddPermission20150331v2", "my-stack-orders-Authorizer-1:live"), set()),
    (function_call("UpdateAlias20150331", "my-stack-Authorizer-1"), {"FunctionChanges"}),
    (function_call("UpdateAlias20150331", "my-stack-Authorizer-1", **BY_CODEDEPLOY), set()),
    (function_call("UpdateFunctionCode20150331v2", "my-stack-AuthorizerCheck-1"), {"FunctionChanges"}),
    (function_call("CreateFunctionUrlConfig", "my-stack-MyRoles-1"), {"PermissionChanges"}),
    (function_call("UpdateFunctionCode20150331v2", "my-stack-ManageRoles-1"), {"FunctionChanges"}),
    (function_call("UpdateFunctionUrlConfig", "my-stack-ManageRoles-1:live"), {"PermissionChanges"}),
    (function_call("UpdateFunctionEventInvokeConfig", "my-stack-ManageRoles-1"), set()),
    (function_call("UpdateFunctionCode20150331v2", "my-stack-orders-Authorizer-1"), set()),
    (function_call("Invoke", "my-stack-Authorizer-1"), set()),
    (role_call("PutRolePolicy", "my-stack-CreateTokenRole-1", **BY_CLOUDFORMATION), {"RoleChanges"}),
    (role_call("AttachRolePolicy", "my-stack-AuthorizerRole-1"), {"RoleChanges"}),
    (role_call("UpdateAssumeRolePolicy", "my-stack-PortalRole-1"), {"RoleChanges"}),
    (role_call("PutRolePolicy", "my-stack-ManageRolesRole-1"), {"RoleChanges"}),
    (role_call("PutRolePolicy", "my-stack-UpdateTokenRole-1"), {"RoleChanges"}),
    (role_call("DeleteRolePermissionsBoundary", "my-stack-GetTokenRole-1"), {"RoleChanges"}),
    (role_call("AttachRolePolicy", "my-stack-DeploymentRole-1"), {"RoleChanges"}),
    (role_call("PutRolePolicy", "my-stack-orders-CreateTokenRole-1"), set()),
    (role_call("PutRolePolicy", "my-stack-CreateTokenRole-1", **DENIED), set()),
    (role_call("GetRole", "my-stack-CreateTokenRole-1"), set()),
    (api_call("iam", "CreatePolicyVersion", {"policyArn": BOUNDARY}), {"RoleChanges"}),
    (api_call("iam", "CreatePolicyVersion", {"policyArn": BOUNDARY.replace("Audit", "Roles")}), {"RoleChanges"}),
    (api_call("iam", "CreatePolicyVersion", {"policyArn": f"{BOUNDARY}2"}), set()),
    (stack_status(STACK_ID, "UPDATE_IN_PROGRESS"), {"StackChanges"}),
    (stack_status(STACK_ID, "DELETE_IN_PROGRESS"), {"StackChanges"}),
    (stack_status(STACK_ID, "UPDATE_COMPLETE"), set()),
    (stack_status(f"{STACK_ID}2", "UPDATE_IN_PROGRESS"), set()),
)


def resolve(value: object) -> object:
    """The value with CloudFormation's functions resolved. A function's name contains its logical id."""
    if isinstance(value, list):
        return [resolve(member) for member in value]
    if not isinstance(value, dict):
        return value
    if "Ref" in value or "Fn::GetAtt" in value:
        name = value.get("Ref") or ".".join(value["Fn::GetAtt"])
        return REFERENCES.get(name, f"my-stack-{name}-1")
    if "Fn::Sub" in value:
        return re.sub(r"\$\{([\w:]+)\}", lambda match: resolve({"Ref": match[1]}), value["Fn::Sub"])
    if "Fn::If" in value:
        condition, *branches = value["Fn::If"]
        return resolve(branches[0 if CONDITIONS[condition] else 1])
    if "Fn::Join" in value:
        return value["Fn::Join"][0].join(resolve(value["Fn::Join"][1]))
    if "Fn::Split" in value:
        return resolve(value["Fn::Split"][1]).split(value["Fn::Split"][0])
    return {name: resolve(member) for name, member in value.items()}


def failures(rules: dict[str, dict], events: object) -> Iterator[str]:
    for event, expected in CASES:
        patterns = {name: json.dumps(resolve(rule["EventPattern"])) for name, rule in rules.items()}
        matched = {
            name
            for name, pattern in patterns.items()
            if events.test_event_pattern(EventPattern=pattern, Event=json.dumps(event))["Result"]
        }
        if matched != expected:
            yield f"{event['detail']} matches {sorted(matched)} instead of {sorted(expected)}"
        for name in matched:
            yield from (f"{name}: {sentence}" for sentence in message_errors(rules[name], event))


def message_errors(rule: dict, event: dict) -> Iterator[str]:
    """The notification must be one JSON string, and each of its variables a value of the event."""
    transformer = rule["Targets"][0]["InputTransformer"]
    template = resolve(transformer["InputTemplate"])
    if not isinstance(json.loads(template), str):
        yield "the notification is not a string"
    for variable in re.findall(r"<(\w+)>", template):
        if variable not in transformer["InputPathsMap"]:
            yield f"the notification has the unknown variable {variable}"
    # A role or a boundary: the other path has no value.
    for name, path in transformer["InputPathsMap"].items():
        if name not in ("role", "boundary") and not isinstance(value_at(event, path), str):
            yield f"the event has no text at {path}"


def value_at(event: dict, path: str) -> object:
    value: object = event
    for name, index in re.findall(r"\.([\w-]+)(?:\[(\d+)\])?", path):
        value = value.get(name) if isinstance(value, dict) else None
        value = value[int(index)] if index and value else value
    return value


def main() -> int:
    resources = read(Path("template.yaml"))["Resources"]
    rules = {name: resource["Properties"] for name, resource in resources.items() if resource["Type"] == "AWS::Events::Rule"}
    with tempfile.TemporaryDirectory() as folder, Emulator(Path(folder), "events") as emulator:
        found = list(failures(rules, emulator.client("events")))
    for sentence in found:
        print(f"FAILED  {sentence}")
    print(f"{len(rules)} event rules, {len(CASES)} events, {len(found)} failures")
    return int(bool(found) or not rules)


if __name__ == "__main__":
    sys.exit(main())
