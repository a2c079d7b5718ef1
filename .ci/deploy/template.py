"""What the emulator cannot read in a template, said in another way."""

from pathlib import Path

import yaml


def for_emulator(built: Path) -> Path:
    """A copy of the template beside it, since it names the functions' folders."""
    template = yaml.safe_load(built.read_text())
    template["Conditions"] = {name: unjoined(value) for name, value in template["Conditions"].items()}
    template["Resources"] |= gateway_responses(template["Resources"]["Api"]["Properties"])
    template["Resources"] = with_conditions(without_metric_math(template["Resources"]))
    copy = built.with_name("emulator.yaml")
    copy.write_text(yaml.safe_dump(template, sort_keys=False))
    return copy


def without_metric_math(resources: dict) -> dict:
    """The resources without alarms on several metrics, which are refused there."""
    return {name: resource for name, resource in resources.items() if "Metrics" not in resource.get("Properties", {})}


def gateway_responses(api: dict) -> dict:
    """Takes the gateway responses out of the API, in whose document they are ignored: the same as resources."""
    resources = {}
    for kind, response in api.pop("GatewayResponses").items():
        headers = response.get("ResponseParameters", {}).get("Headers", {})
        properties = {"RestApiId": {"Ref": "Api"}, "ResponseType": kind}
        properties["ResponseTemplates"] = response["ResponseTemplates"]
        properties["ResponseParameters"] = {f"gatewayresponse.header.{name}": value for name, value in headers.items()}
        if "StatusCode" in response:
            properties["StatusCode"] = str(response["StatusCode"])
        name = "GatewayResponse" + "".join(word.capitalize() for word in kind.split("_"))
        resources[name] = {"Type": "AWS::ApiGateway::GatewayResponse", "Properties": properties}
    return resources


def unjoined(value: object) -> object:
    """A condition without Fn::Join, which is not evaluated there, where a list is its text already."""
    if isinstance(value, list):
        return [unjoined(member) for member in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"Fn::Join"}:
        return value["Fn::Join"][1]
    return {name: unjoined(member) for name, member in value.items()}


def with_conditions(value: object) -> object:
    """Policies with conditions as they are read there."""
    if isinstance(value, list):
        return [with_conditions(member) for member in value]
    if not isinstance(value, dict):
        return value
    # The `Condition` of a resource is a name.
    return {
        name: conditions(member) if name == "Condition" and isinstance(member, dict) else with_conditions(member)
        for name, member in value.items()
    }


def conditions(operators: dict) -> dict:
    """Without KMS's own keys, which are not known and so would never hold; and a role is the session in it."""
    read = {}
    for operator, keys in operators.items():
        read[operator] = {key: wanted for key, wanted in keys.items() if not key.startswith("kms:")}
        if role := read[operator].get("aws:PrincipalArn"):
            session = role["Fn::Sub"].replace(":iam:", ":sts:").replace(":role/", ":assumed-role/")
            read[operator]["aws:PrincipalArn"] = {"Fn::Sub": session}
    return read
