"""Rules for a template that SAM has transformed. Each rule yields one sentence per violation."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import graph
from allowed import ACCESS_LOG, GATEWAY_RESPONSES, MANAGED_POLICIES, WILDCARDS, WITHOUT_ALARM

APIS = ("AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api")
ALARMS = ("AWS::CloudWatch::Alarm",)
STAGES = ("AWS::ApiGateway::Stage", "AWS::ApiGatewayV2::Stage")
METHODS = ("delete", "get", "head", "options", "patch", "post", "put", "x-amazon-apigateway-any-method")
RUNBOOKS = Path("docs/operate.md")
REFERENCE = Path("docs/configuration.md")
LAMBDA = "lambda.amazonaws.com"
COSTS = Path("docs/scaling.md")
SOURCES = Path("shared/src")
# Characters. The quota of EventBridge.
MAX_EVENT_PATTERN = 2048
# Characters of the physical names and ARNs that replace references, at most.
LONGEST_VALUES = {"Ref": 64, "Fn::Sub": 64, "Fn::GetAtt": 140}
VARIABLE = re.compile(r"\$(?!\{[A-Za-z:]+\})\{?([\w.]*\w)?")


def no_circular_dependency(template: dict, _: set[str]) -> Iterator[str]:
    if found := graph.cycle(template):
        yield " depends on ".join([*found, found[0]])


def routes_have_an_authorizer(template: dict, public: set[str]) -> Iterator[str]:
    """All routes but the `public` ones, which must have none."""
    found = set()
    for name, document in documents(template):
        for path, method, operation in operations(document):
            if method != "options" and not is_authorized(operation, document):
                found.add(f"{method.upper()} {path}")
    yield from (f"{route} is public" for route in sorted(found - public))
    yield from (f"{route} is not public, or does not exist" for route in sorted(public - found))


def policies_have_no_wildcard(template: dict, _: set[str]) -> Iterator[str]:
    for name, resource in of_types(template, ("AWS::IAM::Role", "AWS::IAM::ManagedPolicy", "AWS::IAM::Policy")):
        properties = resource["Properties"]
        for arn in members(properties.get("ManagedPolicyArns")):
            # A condition chooses between several ARNs.
            if any(part.rsplit("/", 1)[-1] not in MANAGED_POLICIES for part in strings(arn)):
                yield f"{name} has the policy {text(arn)}"
        for statement in statements(properties):
            for element in ("Action", "NotAction", "Resource", "NotResource"):
                for value in map(text, members(statement.get(element))):
                    is_wildcard = "*" in value or element.startswith("Not")
                    if is_wildcard and (name, element, value) not in WILDCARDS:
                        yield f"{name} has the {element} {value}"


def boundaries_match_function_policies(template: dict, _: set[str]) -> Iterator[str]:
    """Each function role that may write to all logs has a boundary, which allows exactly the actions of its roles, writing to its log, and what DynamoDB does
    on behalf of the caller. A parameter may replace the boundary."""
    boundaries = dict(of_types(template, ("AWS::IAM::ManagedPolicy",)))
    allowed: dict[str, set[str]] = {}
    for name, role in of_types(template, ("AWS::IAM::Role",)):
        boundary = boundary_of(role)
        if boundary in boundaries:
            allowed.setdefault(boundary, set()).update(actions(role))
        elif boundaries and LAMBDA in strings(role["Properties"]["AssumeRolePolicyDocument"]) and writes_to_all_logs(role):
            yield f"{name} has no boundary"
    for boundary, policy in boundaries.items():
        differ = allowed.get(boundary, set()) ^ {action for action in own_actions(policy) if not action.startswith("logs:")}
        yield from (f"{boundary} and its functions differ in {action}" for action in sorted(differ))


def permissions_name_an_account(template: dict, _: set[str]) -> Iterator[str]:
    """Each permission of a function is limited to the resources of one account."""
    for name, permission in of_types(template, ("AWS::Lambda::Permission",)):
        source = permission["Properties"].get("SourceArn", {}).get("Fn::Sub", "")
        arn = source[0] if isinstance(source, list) else source
        account = re.fullmatch(r"arn:(?:\$\{AWS::Partition\}|[a-z-]+):execute-api:[^:]+(?:::Region\})?:(.+?):[^:]*", arn)
        if not account or account[1] not in ("${AWS::AccountId}", "${Account}"):
            yield f"{name} does not name an account: {arn}"


def parameter_defaults_match_patterns(template: dict, _: set[str]) -> Iterator[str]:
    """Each item of a list separately, as CloudFormation matches them."""
    for name, parameter in template.get("Parameters", {}).items():
        default, pattern = parameter.get("Default"), parameter.get("AllowedPattern")
        items = str(default).split(",") if parameter["Type"] == "CommaDelimitedList" else [str(default)]
        if pattern and default is not None and not all(re.fullmatch(pattern, item) for item in items):
            yield f"the pattern of {name} rejects its default"


def gateway_responses_reflect_no_request(template: dict, _: set[str]) -> Iterator[str]:
    for _, document in documents(template):
        for name, response in document.get("x-amazon-apigateway-gateway-responses", {}).items():
            headers = response.get("responseParameters", {})
            for value in strings([headers, response.get("responseTemplates", {})]):
                yield from (f"{name} contains {variable}" for variable in variables(value) - GATEWAY_RESPONSES)
            for value in strings(headers):
                if value != "NoOrigins" and value != "AWS::NoValue" and not re.fullmatch(r"'[^']*'", value):
                    yield f"{name} has a header that is not a quoted text: {value}"


def access_logs_contain_no_path(template: dict, _: set[str]) -> Iterator[str]:
    for name, stage in of_types(template, STAGES):
        properties = stage["Properties"]
        settings = [properties.get("AccessLogSetting"), properties.get("AccessLogSettings")]
        for value in formats(settings):
            yield from (f"{name} writes {variable}" for variable in sorted(variables(value) - ACCESS_LOG))


def stages_depend_on_the_logging_role(template: dict, _: set[str]) -> Iterator[str]:
    """API Gateway rejects a stage with access logs until its account has a role, if the template creates that role."""
    accounts = {name for name, _ in of_types(template, ("AWS::ApiGateway::Account",))}
    for name, stage in of_types(template, STAGES[:1]):
        if "AccessLogSetting" in stage["Properties"] and not accounts <= graph.transitive_dependencies(template, name):
            yield f"{name} may be created before {', '.join(sorted(accounts))}"


def functions_depend_on_the_authorizer(template: dict, _: set[str]) -> Iterator[str]:
    """CloudFormation changes the functions with a caller after the alias of the authorizer, which must understand the items that
    they write and pass on the scope that they read."""
    functions = {"CreateToken", "UpdateToken", "RevokeToken", "ListTokens", "GetToken", "MyRoles", "ManageRoles"}
    for name in template["Resources"].keys() & functions:
        if "AuthorizerAliaslive" not in graph.transitive_dependencies(template, name):
            yield f"{name} may be updated before the authorizer"


def functions_are_invoked_through_aliases(template: dict, _: set[str]) -> Iterator[str]:
    """No API and no output names a function itself, whose configuration changes before its version is checked."""
    functions = {name for name, _ in of_types(template, ("AWS::Lambda::Alias",))}
    functions = {name.removesuffix("Aliaslive") for name in functions}
    for name, document in documents(template):
        yield from (f"{name} invokes {function}" for function in functions & arns(document))
    for name, output in template.get("Outputs", {}).items():
        yield from (f"the output {name} names {function}" for function in functions & arns(output))


def method_settings_name_routes(template: dict, _: set[str]) -> Iterator[str]:
    apis = dict(documents(template))
    for name, stage in of_types(template, STAGES[:1]):
        routes = {(path, method) for path, method, _ in operations(apis[stage["Properties"]["RestApiId"]["Ref"]])}
        for setting in stage["Properties"].get("MethodSettings", []):
            path, method = setting["ResourcePath"], setting["HttpMethod"]
            if (path, method) == ("/*", "*"):
                continue
            if not re.fullmatch(r"/(~1[^/~]+)*", path):
                yield f"{name} has settings for {path}, whose slashes are not written ~1"
            elif ("/" + path[1:].replace("~1", "/").lstrip("/"), method.lower()) not in routes:
                yield f"{name} has settings for {method} {path}, which is not a route"


def alarms_name_a_runbook_section(template: dict, _: set[str]) -> Iterator[str]:
    """Also the notifications of event rules."""
    headings = set(re.findall(r"^#{2,} (.+)$", RUNBOOKS.read_text(), re.MULTILINE))
    texts = [(name, alarm["Properties"].get("AlarmDescription", "")) for name, alarm in alarms(template)]
    for name, rule in of_types(template, ("AWS::Events::Rule",)):
        templates = [target.get("InputTransformer", {}).get("InputTemplate") for target in rule["Properties"]["Targets"]]
        texts += [(name, text(value).strip('"')) for value in templates]
    for name, description in texts:
        section = re.search(r"Runbook: ([^.]+)\.$", description)
        if not section:
            yield f"{name} does not end its text with a section of {RUNBOOKS}"
        elif section[1] not in headings:
            yield f"{name} refers to {section[1]}, which is not a heading of {RUNBOOKS}"


def alarms_notify_of_both_changes(template: dict, _: set[str]) -> Iterator[str]:
    """Of the state ALARM and of its end, on the same topic."""
    for name, alarm in alarms(template):
        actions = [alarm["Properties"].get(action) for action in ("AlarmActions", "OKActions")]
        if actions[0] != actions[1] or "AlarmTopicArn" not in strings(actions[0]):
            yield f"{name} does not notify AlarmTopicArn of both changes"


def alarms_need_no_consecutive_minutes(template: dict, _: set[str]) -> Iterator[str]:
    """At a few requests per minute, some minutes have no request, so that no number of consecutive ones is reached."""
    for name, alarm in alarms(template):
        periods = int(alarm["Properties"]["EvaluationPeriods"])
        if 1 < periods <= int(alarm["Properties"].get("DatapointsToAlarm", periods)):
            yield f"{name} needs {periods} consecutive minutes"


def alarms_watch_every_function(template: dict, _: set[str]) -> Iterator[str]:
    """Errors and throttles of each function. The authorizer's errors are invocations without a request line."""
    watched: dict[str, set[str]] = {}
    for _, alarm in alarms(template):
        for metric in metrics(alarm["Properties"]):
            if metric["Namespace"] == "AWS/Lambda":
                watched.setdefault(metric["MetricName"], set()).update(strings(metric["Dimensions"]))
    functions = {name for name, _ in of_types(template, ("AWS::Lambda::Function",) if watched else ())}
    for name in sorted(functions - WITHOUT_ALARM):
        for metric in ("Throttles", "Invocations" if name == "Authorizer" else "Errors"):
            if name not in watched.get(metric, ()):
                yield f"no alarm watches the {metric} of {name}"
    if "Authorizer" in watched.get("Errors", ()):
        yield "an alarm watches the Errors of Authorizer, which count each 401"


def filters_match_log_lines(template: dict, _: set[str]) -> Iterator[str]:
    """The phrase of each metric filter is written by the code."""
    sources = "".join(file.read_text() for file in SOURCES.rglob("*.rs"))
    for name, resource in of_types(template, ("AWS::Logs::MetricFilter",)):
        phrase = re.fullmatch(r'"([^"]+)"', resource["Properties"]["FilterPattern"])
        if not phrase or phrase[1] not in sources:
            yield f"{name} has the pattern {resource['Properties']['FilterPattern']}, which no line of {SOURCES} contains"


def dashboards_are_valid(template: dict, _: set[str]) -> Iterator[str]:
    """JSON after the substitution, for a stack with a hyphen in its name, whose searches quote the namespace."""
    for name, dashboard in of_types(template, ("AWS::CloudWatch::Dashboard",)):
        body = re.sub(r"\$\{[^}]+\}", "my-stack", text(dashboard["Properties"]["DashboardBody"]))
        try:
            document = json.loads(body)
        except ValueError as error:
            yield f"{name} is not JSON: {error}"
            continue
        for expression in strings(document):
            for schema in re.findall(r"SEARCH\('\s*\{([^}]*)\}", expression):
                for item in schema.split(","):
                    if not re.fullmatch(r'\s*([A-Za-z0-9]+|"[^"]+")\s*', item):
                        yield f"{name} searches for {item} without double quotes"


def detailed_metrics_are_used(template: dict, _: set[str]) -> Iterator[str]:
    """Metrics of single methods cost as much as custom metrics, so an alarm must use them."""
    used = {"Resource", "Method"} <= {part for _, alarm in alarms(template) for part in strings(alarm["Properties"])}
    for name, stage in of_types(template, STAGES[:1]):
        for setting in stage["Properties"].get("MethodSettings", []):
            if setting.get("MetricsEnabled") and not used:
                yield f"{name} has metrics of {setting['HttpMethod']} {setting['ResourcePath']}, which no alarm uses"


def functions_log_every_line(template: dict, _: set[str]) -> Iterator[str]:
    """Above INFO, Lambda drops the audit lines, which a restore repeats, and the lines with metrics."""
    for name, function in of_types(template, ("AWS::Lambda::Function",)):
        for level in ("ApplicationLogLevel", "SystemLogLevel"):
            if level in function["Properties"].get("LoggingConfig", {}):
                yield f"{name} sets {level}"


def event_rules_are_deployable(template: dict, _: set[str]) -> Iterator[str]:
    """A rule exists only with a topic, and its pattern is within the quota even with the longest names."""
    for name, rule in of_types(template, ("AWS::Events::Rule",)):
        if rule.get("Condition") != "HasAlarmTopic":
            yield f"{name} is created without a topic"
        length = len(json.dumps(with_longest_values(rule["Properties"]["EventPattern"]), separators=(",", ":")))
        if length > MAX_EVENT_PATTERN:
            yield f"the pattern of {name} can have {length} characters"


def event_rules_watch_every_function(template: dict, _: set[str]) -> Iterator[str]:
    rules = {name: rule["Properties"]["EventPattern"] for name, rule in of_types(template, ("AWS::Events::Rule",))}
    for name, _ in of_types(template, ("AWS::Lambda::Function",) if rules else ()):
        role = f"{name}Role"
        watching = {("FunctionChanges", "ReadingFunctionChanges"): {name}, ("RoleChanges",): {role, f"${{AWS::StackName}}-{role}-"}}
        # Its permissions allow no caller to act: it only reports whether a version rejects a request.
        if name != "AuthorizerCheck":
            watching[("PermissionChanges",)] = {name}
        for watchers, values in watching.items():
            watched = {text for rule in watchers for text in strings(rules.get(rule))}
            if not values & watched:
                yield f"{watchers[0]} does not watch {name}"


def monitoring_can_be_turned_off(template: dict, _: set[str]) -> Iterator[str]:
    """Everything that costs money per month, apart from keys and data."""
    for name, resource in of_types(template, (*ALARMS, "AWS::CloudWatch::Dashboard", "AWS::Logs::MetricFilter")):
        if resource.get("Condition") != "HasMonitoring":
            yield f"{name} does not depend on the parameter Monitoring"


def alarm_costs_are_documented(template: dict, _: set[str]) -> Iterator[str]:
    """CloudWatch charges an alarm for each metric."""
    count = sum(len(list(metrics(alarm["Properties"]))) for _, alarm in alarms(template))
    if count and f"| {count} alarm metrics |" not in COSTS.read_text():
        yield f"{COSTS} does not state the cost of {count} alarm metrics"


def parameters_are_documented(template: dict, _: set[str]) -> Iterator[str]:
    """Each parameter is a row of a table in the reference, which names its default unless that is empty."""
    rows = {row[1]: row[0] for row in re.finditer(r"^\| `(\w+)` \|.*$", REFERENCE.read_text(), re.MULTILINE)}
    for name, parameter in template.get("Parameters", {}).items():
        default = parameter.get("Default", "")
        if name not in rows:
            yield f"{name} is not in {REFERENCE}"
        elif default != "" and f"| `{default}`" not in rows[name]:
            yield f"{REFERENCE} does not have the default {default} of {name}"


def parameters_are_in_one_group(template: dict, _: set[str]) -> Iterator[str]:
    """The console shows each parameter in a group and with a label. A single parameter needs neither."""
    interface = template.get("Metadata", {}).get("AWS::CloudFormation::Interface", {})
    grouped = [name for group in interface.get("ParameterGroups", []) for name in group["Parameters"]]
    labels = interface.get("ParameterLabels", {})
    names = template.get("Parameters", {}).keys()
    if len(names) > 1 or interface:
        yield from (f"{name} is in {grouped.count(name)} groups" for name in names if grouped.count(name) != 1)
        yield from (f"{name} has no label" for name in names - labels.keys())
        yield from (f"{name} is not a parameter" for name in sorted({*grouped, *labels} - names))


RULES = (
    no_circular_dependency,
    routes_have_an_authorizer,
    permissions_name_an_account,
    parameter_defaults_match_patterns,
    policies_have_no_wildcard,
    boundaries_match_function_policies,
    gateway_responses_reflect_no_request,
    access_logs_contain_no_path,
    stages_depend_on_the_logging_role,
    functions_depend_on_the_authorizer,
    functions_are_invoked_through_aliases,
    method_settings_name_routes,
    alarms_name_a_runbook_section,
    alarms_notify_of_both_changes,
    alarms_need_no_consecutive_minutes,
    alarms_watch_every_function,
    filters_match_log_lines,
    dashboards_are_valid,
    detailed_metrics_are_used,
    functions_log_every_line,
    event_rules_are_deployable,
    event_rules_watch_every_function,
    monitoring_can_be_turned_off,
    alarm_costs_are_documented,
    parameters_are_documented,
    parameters_are_in_one_group,
)


def of_types(template: dict, types: tuple[str, ...]) -> Iterator[tuple[str, dict]]:
    return ((name, resource) for name, resource in template["Resources"].items() if resource["Type"] in types)


def alarms(template: dict) -> Iterator[tuple[str, dict]]:
    return of_types(template, ALARMS)


def metrics(alarm: dict) -> Iterator[dict]:
    """The metrics of an alarm: its own, or those of its expression."""
    if "Metrics" not in alarm:
        yield alarm
    for query in alarm.get("Metrics", []):
        if "MetricStat" in query:
            yield query["MetricStat"]["Metric"]


def with_longest_values(value: object) -> object:
    """The value with the longest text instead of each reference."""
    if isinstance(value, list):
        return [with_longest_values(member) for member in value]
    if not isinstance(value, dict):
        return value
    # A list of ARNs: both signing keys and four others.
    if "Fn::Split" in value:
        return ["x" * LONGEST_VALUES["Fn::GetAtt"]] * 6
    for function, length in LONGEST_VALUES.items():
        if function in value:
            # The constant part of an Fn::Sub adds to the name.
            constant = re.sub(r"\$\{[^}]+\}", "", text(value)) if function == "Fn::Sub" else ""
            is_arn = value[function] == "AWS::StackId" or "Boundary" in text(value)
            return "x" * (LONGEST_VALUES["Fn::GetAtt"] if is_arn else length) + constant
    return {name: with_longest_values(member) for name, member in value.items()}


def documents(template: dict) -> Iterator[tuple[str, dict]]:
    """The OpenAPI document of each API, with the API's logical id."""
    return ((name, api["Properties"]["Body"]) for name, api in of_types(template, APIS))


def operations(document: dict) -> Iterator[tuple[str, str, dict]]:
    """Path, method and operation. Fails on unknown members of a path, which could be methods."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            assert method in METHODS, f"{path} has {method}"
            yield path, method, operation


def is_authorized(operation: dict, document: dict) -> bool:
    """Whether each security requirement names an authorizer that the document defines."""
    schemes = document.get("components", {}).get("securitySchemes", {}).keys()
    requirements = operation.get("security") or []
    return bool(requirements) and all(requirement and requirement.keys() <= schemes for requirement in requirements)


def statements(properties: dict) -> Iterator[dict]:
    """All statements of a role or a policy, including conditional ones."""
    documents = [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
    for document in [*documents, properties.get("PolicyDocument", {"Statement": []})]:
        yield from (statement for one in members(document["Statement"]) for statement in branches(one))


def actions(resource: dict) -> set[str]:
    """The actions in the statements of a role or a policy."""
    return {action for statement in statements(resource["Properties"]) for action in members(statement.get("Action"))}


def own_actions(policy: dict) -> set[str]:
    """The actions of a boundary, without those of a statement for calls through another service."""
    own = [statement for statement in statements(policy["Properties"]) if "kms:ViaService" not in list(keys(statement))]
    return {action for statement in own for action in members(statement.get("Action"))}


def writes_to_all_logs(role: dict) -> bool:
    return any("AWSLambdaBasicExecutionRole" in text(policy) for policy in members(role["Properties"].get("ManagedPolicyArns")))


def boundary_of(role: dict) -> object:
    """The logical id of the boundary if the parameter PermissionsBoundaryArn is empty."""
    match role["Properties"].get("PermissionsBoundary"):
        case {"Fn::If": ["UseOwnBoundary", {"Ref": boundary}, {"Ref": "PermissionsBoundaryArn"}]}:
            return boundary
    return None


def arns(value: object) -> set[str]:
    """The resources whose attribute Arn the value contains."""
    if isinstance(value, dict) and "Fn::GetAtt" in value and members(value["Fn::GetAtt"])[-1] == "Arn":
        return {value["Fn::GetAtt"][0]}
    found = {name for text in strings(value) for name in re.findall(r"\$\{(\w+)\.Arn\}", text)}
    for member in value.values() if isinstance(value, dict) else members(value) if isinstance(value, list) else []:
        found |= arns(member)
    return found


def keys(value: object) -> Iterator[str]:
    """The names of all members in the value."""
    for member in value.values() if isinstance(value, dict) else members(value) if isinstance(value, list) else []:
        yield from keys(member)
    if isinstance(value, dict):
        yield from value


def branches(value: dict) -> Iterator[dict]:
    """The value, or both branches of an Fn::If, without AWS::NoValue."""
    if "Fn::If" in value:
        for branch in value["Fn::If"][1:]:
            yield from branches(branch)
    elif value != {"Ref": "AWS::NoValue"}:
        yield value


def members(value: object) -> list:
    return value if isinstance(value, list) else [] if value is None else [value]


def text(value: object) -> str:
    """All strings in the value, joined, including those of conditional branches."""
    return " ".join(strings(value))


def strings(value: object) -> Iterator[str]:
    if isinstance(value, dict | list):
        for member in value.values() if isinstance(value, dict) else value:
            yield from strings(member)
    elif isinstance(value, str):
        yield value


def formats(value: object) -> Iterator[str]:
    """The strings of each `Format` in the value."""
    for member in value.values() if isinstance(value, dict) else members(value) if isinstance(value, list) else []:
        yield from formats(member)
    if isinstance(value, dict) and "Format" in value:
        yield from strings(value["Format"])


def variables(value: str) -> set[str]:
    """API Gateway's variables in the value, without the references of Fn::Sub."""
    return {found[1] or found[0] for found in VARIABLE.finditer(value)}
