"""Rewrites what the emulator does not support in a template."""

from pathlib import Path

import yaml
from ministack.services.cloudformation import provisioners
from samtranslator.yaml_helper import yaml_parse
from transform import transformed

# Resource types that the emulator cannot create. A test compares them with its own list.
UNKNOWN_TYPES = {"AWS::CodeDeploy::Application", "AWS::CodeDeploy::DeploymentGroup", "AWS::WAFv2::WebACLAssociation"}


def write_emulator_template(built: Path) -> Path:
    """Writes a template for the emulator next to the built one, because templates contain relative paths."""
    template = yaml_parse(built.read_text())
    template["Conditions"] = {name: without_join(without_split(value)) for name, value in template["Conditions"].items()}
    template["Resources"] |= extract_gateway_responses(template["Resources"]["Api"]["Properties"])
    remove_deployment_preferences(template)
    template["Resources"] = rewrite_policy_conditions(without_metric_math(template["Resources"]))
    path = built.with_name("emulator.yaml")
    path.write_text(yaml.safe_dump(template, sort_keys=False))
    return path


def remove_deployment_preferences(template: dict) -> None:
    """Removes what SAM translates to the types in UNKNOWN_TYPES. CloudFormation then moves an alias to a new version at once."""
    del template["Globals"]["Function"]["DeploymentPreference"]
    del template["Resources"]["Authorizer"]["Properties"]["DeploymentPreference"]


def types_unknown_to_the_emulator() -> list[str]:
    """Differences between UNKNOWN_TYPES and the types of the template that the emulator cannot create."""
    template = transformed(yaml_parse(Path("template.yaml").read_text()))
    types = {resource["Type"] for resource in template["Resources"].values()}
    return sorted((types - provisioners._RESOURCE_HANDLERS.keys()) ^ UNKNOWN_TYPES)


def without_metric_math(resources: dict) -> dict:
    """Removes alarms on several metrics, which the emulator rejects."""
    return {name: resource for name, resource in resources.items() if "Metrics" not in resource.get("Properties", {})}


def extract_gateway_responses(api: dict) -> dict:
    """Moves the gateway responses out of the API's document, where the emulator ignores them, into resources.

    Their names precede that of the deployment, which the emulator creates in this order and which contains the present responses.
    """
    resources = {}
    for kind, response in api.pop("GatewayResponses").items():
        headers = response.get("ResponseParameters", {}).get("Headers", {})
        properties = {"RestApiId": {"Ref": "Api"}, "ResponseType": kind}
        properties["ResponseTemplates"] = response["ResponseTemplates"]
        properties["ResponseParameters"] = {f"gatewayresponse.header.{name}": value for name, value in headers.items()}
        if "StatusCode" in response:
            properties["StatusCode"] = str(response["StatusCode"])
        name = "Api0GatewayResponse" + "".join(word.capitalize() for word in kind.split("_"))
        resources[name] = {"Type": "AWS::ApiGateway::GatewayResponse", "Properties": properties}
    return resources


def without_split(condition: dict) -> dict:
    """Makes a condition on an item of a split text false. The emulator does not evaluate Fn::Split there."""
    return {"Fn::Equals": ["present", "absent"]} if "Fn::Split" in str(condition) else condition


def without_join(value: object) -> object:
    """Removes Fn::Join from a condition. The emulator does not evaluate it there and compares lists by their text."""
    if isinstance(value, list):
        return [without_join(member) for member in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"Fn::Join"}:
        return value["Fn::Join"][1]
    return {name: without_join(member) for name, member in value.items()}


def rewrite_policy_conditions(value: object) -> object:
    if isinstance(value, list):
        return [rewrite_policy_conditions(member) for member in value]
    if not isinstance(value, dict):
        return value
    # The `Condition` of a resource is a name.
    return {
        name: rewrite_operators(member)
        if name == "Condition" and isinstance(member, dict)
        else rewrite_policy_conditions(member)
        for name, member in value.items()
    }


def rewrite_operators(operators: dict) -> dict:
    """Removes KMS's condition keys, which never match in the emulator, and replaces a role by its sessions."""
    rewritten = {}
    for operator, keys in operators.items():
        rewritten[operator] = {key: value for key, value in keys.items() if not key.startswith("kms:")}
        if role := keys.get("aws:PrincipalArn"):
            session = role["Fn::Sub"].replace(":iam:", ":sts:").replace(":role${RolePath}", ":assumed-role/") + "/*"
            rewritten["ArnLike"] = {"aws:PrincipalArn": {"Fn::Sub": session}}
            del rewritten[operator]
    return rewritten
