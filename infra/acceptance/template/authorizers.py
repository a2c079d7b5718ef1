"""Compares the authorizer of infra/authorizer/template.yaml with that of template.yaml."""

import copy
import json
from pathlib import Path

import rules
from transform import read, transformed

# Settings of a function that are the same in both templates with an authorizer.
SAME_SETTINGS = ("Architectures", "Handler", "Layers", "LoggingConfig", "MemorySize", "PermissionsBoundary", "Runtime", "Timeout")


def authorizer_differences(template: dict) -> list[str]:
    """What differs in the authorizer of its own template from that of template.yaml, apart from parameters."""
    sources = [transformed(read(Path("template.yaml"))), transformed(template)]
    shared = sources[0]["Parameters"].keys() & sources[1]["Parameters"].keys()
    [one, other] = [authorizer_facts(source["Resources"]) | constraints(source, shared) for source in sources]
    return [f"authorizers differ in {name}: {one.get(name)}, {other.get(name)}" for name in one | other if one.get(name) != other.get(name)]


def authorizer_facts(resources: dict) -> dict:
    """Settings, names of variables, and permissions without the resources, which are parameters in one of the templates."""
    function = resources["Authorizer"]["Properties"]
    facts = {name: function.get(name) for name in SAME_SETTINGS}
    # The function does not read the first.
    facts["variables"] = function["Environment"]["Variables"].keys() - {"ALLOWED_ORIGINS"}
    statements = [{**one, "Resource": None} for one in rules.statements(resources["AuthorizerRole"]["Properties"])]
    facts["permissions"] = sorted({json.dumps(one, sort_keys=True) for one in statements})
    alarms = [name for name, _ in rules.of_types({"Resources": resources}, ("AWS::CloudWatch::Alarm",))]
    facts |= {name: resources[name] for name in alarms if name.startswith("Authorizer")}
    facts |= {name: resource for name, resource in resources.items() if name.startswith("AuthorizerAccount")}
    return json.loads(json.dumps(facts, default=sorted).replace('{"Fn::Sub": "${AuthorizerAliaslive}"}', '{"Ref": "AuthorizerAliaslive"}'))


def constraints(template: dict, names: set[str]) -> dict:
    """The parameters without their descriptions."""
    parameters = template["Parameters"]
    return {name: {key: value for key, value in parameters[name].items() if key != "Description"} for name in names}


def undetected_differences() -> list[str]:
    """One sentence for each mutation of the authorizer's own template that is not reported."""
    source = read(Path("infra/authorizer/template.yaml"))
    mutations = (missing_variable, longer_timeout, more_permissions, other_alarm, other_pattern)
    failures = []
    for mutation in mutations:
        template = copy.deepcopy(source)
        mutation(template)
        if not authorizer_differences(template):
            failures.append(f"the authorizers' comparison does not detect the mutation {mutation.__name__}")
    return failures


def missing_variable(template: dict) -> None:
    del template["Resources"]["Authorizer"]["Properties"]["Environment"]["Variables"]["ROUTE_RULES_FILE"]


def longer_timeout(template: dict) -> None:
    template["Resources"]["Authorizer"]["Properties"]["Timeout"] = 30


def more_permissions(template: dict) -> None:
    del template["Resources"]["Authorizer"]["Properties"]["Policies"][0]["Statement"][2]["Condition"]


def other_alarm(template: dict) -> None:
    template["Resources"]["AuthorizerErrors"]["Properties"]["Threshold"] = 6


def other_pattern(template: dict) -> None:
    del template["Parameters"]["AuthorizerAccounts"]["AllowedPattern"]
