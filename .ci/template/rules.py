"""What must hold of a template that SAM has transformed. Each rule gives a sentence for each place where it does not."""

import re
from collections.abc import Iterator
from pathlib import Path

import graph
from allowed import ACCESS_LOG, GATEWAY_RESPONSES, MANAGED_POLICIES, WILDCARDS

APIS = ("AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api")
STAGES = ("AWS::ApiGateway::Stage", "AWS::ApiGatewayV2::Stage")
METHODS = ("delete", "get", "head", "options", "patch", "post", "put", "x-amazon-apigateway-any-method")
RUNBOOKS = Path("infra/runbooks.md")
VARIABLE = re.compile(r"\$(?!\{[A-Za-z:]+\})\{?([\w.]*\w)?")


def nothing_waits_for_itself(template: dict, _: set[str]) -> Iterator[str]:
    if found := graph.cycle(template):
        yield " waits for ".join([*found, found[0]])


def every_route_is_guarded(template: dict, wanted: set[str]) -> Iterator[str]:
    """But for those that are `wanted` open, all of which must be."""
    found = set()
    for name, document in documents(template):
        for path, method, operation in operations(document):
            if method != "options" and not guarded(operation, document):
                found.add(f"{method.upper()} {path}")
    yield from (f"{route} is open to all" for route in sorted(found - wanted))
    yield from (f"{route} is not open, or is not there" for route in sorted(wanted - found))


def no_policy_has_a_wildcard(template: dict, _: set[str]) -> Iterator[str]:
    for name, resource in of_types(template, ("AWS::IAM::Role", "AWS::IAM::ManagedPolicy", "AWS::IAM::Policy")):
        properties = resource["Properties"]
        for arn in members(properties.get("ManagedPolicyArns")):
            # One that a condition chooses is more than one text.
            if any(part.rsplit("/", 1)[-1] not in MANAGED_POLICIES for part in strings(arn)):
                yield f"{name} has the policy {text(arn)}"
        for statement in statements(properties):
            for element in ("Action", "NotAction", "Resource", "NotResource"):
                for value in map(text, members(statement.get(element))):
                    wild = "*" in value or element.startswith("Not")
                    if wild and (name, element, value) not in WILDCARDS:
                        yield f"{name} has the {element} {value}"


def boundaries_fit_the_functions(template: dict, _: set[str]) -> Iterator[str]:
    """Beside its log each boundary has the actions of the functions that have it, all and no more; each role has one."""
    boundaries = dict(of_types(template, ("AWS::IAM::ManagedPolicy",)))
    allowed: dict[str, set[str]] = {}
    for name, role in of_types(template, ("AWS::IAM::Role",)):
        boundary = role["Properties"].get("PermissionsBoundary", {}).get("Ref")
        if boundary in boundaries:
            allowed.setdefault(boundary, set()).update(actions(role))
        elif boundaries and "lambda.amazonaws.com" in strings(role["Properties"]["AssumeRolePolicyDocument"]):
            yield f"{name} has no boundary"
    for boundary, policy in boundaries.items():
        differ = allowed.get(boundary, set()) ^ {action for action in actions(policy) if not action.startswith("logs:")}
        yield from (f"{boundary} and its functions disagree about {action}" for action in sorted(differ))


def parameters_allow_their_defaults(template: dict, _: set[str]) -> Iterator[str]:
    """Each item of a list, as CloudFormation looks at them."""
    for name, parameter in template.get("Parameters", {}).items():
        default, pattern = parameter.get("Default"), parameter.get("AllowedPattern")
        items = str(default).split(",") if parameter["Type"] == "CommaDelimitedList" else [str(default)]
        if pattern and default is not None and not all(re.fullmatch(pattern, item) for item in items):
            yield f"{name} does not allow its default"


def no_gateway_response_echoes(template: dict, _: set[str]) -> Iterator[str]:
    for _, document in documents(template):
        for name, response in document.get("x-amazon-apigateway-gateway-responses", {}).items():
            headers = response.get("responseParameters", {})
            for value in strings([headers, response.get("responseTemplates", {})]):
                yield from (f"{name} has {variable}" for variable in variables(value) - GATEWAY_RESPONSES)
            for value in strings(headers):
                if value != "NoOrigins" and value != "AWS::NoValue" and not re.fullmatch(r"'[^']*'", value):
                    yield f"{name} has a header that is no text in quotes: {value}"


def access_logs_hold_no_path(template: dict, _: set[str]) -> Iterator[str]:
    for name, stage in of_types(template, STAGES):
        properties = stage["Properties"]
        settings = [properties.get("AccessLogSetting"), properties.get("AccessLogSettings")]
        for value in formats(settings):
            yield from (f"{name} writes {variable}" for variable in sorted(variables(value) - ACCESS_LOG))


def stages_wait_for_the_role_that_logs(template: dict, _: set[str]) -> Iterator[str]:
    """The account of API Gateway, where the template has it: a stage that logs is refused before."""
    accounts = {name for name, _ in of_types(template, ("AWS::ApiGateway::Account",))}
    for name, stage in of_types(template, STAGES[:1]):
        if "AccessLogSetting" in stage["Properties"] and not accounts <= graph.before(template, name):
            yield f"{name} may be there before {', '.join(sorted(accounts))}"


def settings_name_methods(template: dict, _: set[str]) -> Iterator[str]:
    apis = dict(documents(template))
    for name, stage in of_types(template, STAGES[:1]):
        routes = {(path, method) for path, method, _ in operations(apis[stage["Properties"]["RestApiId"]["Ref"]])}
        for setting in stage["Properties"].get("MethodSettings", []):
            path, method = setting["ResourcePath"], setting["HttpMethod"]
            if (path, method) == ("/*", "*"):
                continue
            if not re.fullmatch(r"/(~1[^/~]+)*", path):
                yield f"{name} has settings of {path}, whose slashes are not written ~1"
            elif ("/" + path[1:].replace("~1", "/").lstrip("/"), method.lower()) not in routes:
                yield f"{name} has settings of {method} {path}, which is no route"


def alarms_name_a_runbook_section(template: dict, _: set[str]) -> Iterator[str]:
    headings = set(re.findall(r"^#{2,} (.+)$", RUNBOOKS.read_text(), re.MULTILINE))
    for name, alarm in of_types(template, ("AWS::CloudWatch::Alarm",)):
        section = re.search(r"Runbook: ([^.]+)\.$", alarm["Properties"].get("AlarmDescription", ""))
        if not section:
            yield f"{name} does not end its description with a section of {RUNBOOKS}"
        elif section[1] not in headings:
            yield f"{name} refers to {section[1]}, which is not a heading of {RUNBOOKS}"


RULES = (
    nothing_waits_for_itself,
    every_route_is_guarded,
    parameters_allow_their_defaults,
    no_policy_has_a_wildcard,
    boundaries_fit_the_functions,
    no_gateway_response_echoes,
    access_logs_hold_no_path,
    stages_wait_for_the_role_that_logs,
    settings_name_methods,
    alarms_name_a_runbook_section,
)


def of_types(template: dict, types: tuple[str, ...]) -> Iterator[tuple[str, dict]]:
    return ((name, resource) for name, resource in template["Resources"].items() if resource["Type"] in types)


def documents(template: dict) -> Iterator[tuple[str, dict]]:
    """The APIs' documents by the names of the APIs."""
    return ((name, api["Properties"]["Body"]) for name, api in of_types(template, APIS))


def operations(document: dict) -> Iterator[tuple[str, str, dict]]:
    """Path, method and operation. What a path has beside methods must be known, or a method could hide in it."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            assert method in METHODS, f"{path} has {method}"
            yield path, method, operation


def guarded(operation: dict, document: dict) -> bool:
    """Whether each way in has an authorizer that the document describes."""
    known = document.get("components", {}).get("securitySchemes", {}).keys()
    ways = operation.get("security") or []
    return bool(ways) and all(way and way.keys() <= known for way in ways)


def statements(properties: dict) -> Iterator[dict]:
    """All of a role's or a policy's, whatever condition they depend on."""
    documents = [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
    for document in [*documents, properties.get("PolicyDocument", {"Statement": []})]:
        yield from (statement for one in members(document["Statement"]) for statement in branches(one))


def actions(resource: dict) -> set[str]:
    """What the role's or the policy's statements are about."""
    return {action for statement in statements(resource["Properties"]) for action in members(statement.get("Action"))}


def branches(value: dict) -> Iterator[dict]:
    """The value, or both of an Fn::If without those that are nothing."""
    if "Fn::If" in value:
        for branch in value["Fn::If"][1:]:
            yield from branches(branch)
    elif value != {"Ref": "AWS::NoValue"}:
        yield value


def members(value: object) -> list:
    return value if isinstance(value, list) else [] if value is None else [value]


def text(value: object) -> str:
    """All that is text in the value, be it chosen by a condition."""
    return " ".join(strings(value))


def strings(value: object) -> Iterator[str]:
    if isinstance(value, dict | list):
        for member in value.values() if isinstance(value, dict) else value:
            yield from strings(member)
    elif isinstance(value, str):
        yield value


def formats(value: object) -> Iterator[str]:
    """Every `Format` in the value."""
    for member in value.values() if isinstance(value, dict) else members(value) if isinstance(value, list) else []:
        yield from formats(member)
    if isinstance(value, dict) and "Format" in value:
        yield from strings(value["Format"])


def variables(value: str) -> set[str]:
    """The gateway's variables, without the parameters of Fn::Sub."""
    return {found[1] or found[0] for found in VARIABLE.finditer(value)}
