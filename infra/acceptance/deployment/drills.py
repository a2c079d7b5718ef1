"""Changes of a running deployment: a new version is checked, a changed parameter reaches the API, and a rotation refuses no request."""

import json
import threading
import time
from collections import Counter

from api import ApiClient
from cases import TOKENS
from codedeploy import CodeDeploy
from report import Report
from stack import Stack

ORIGIN = "https://changed.example"
BROKEN_RULES = '{"GET /x": {"unknown": true}, "GET /y": {"public": true}}'


class Load:
    """Context manager that sends requests with the token of an item, one after the other. `statuses` counts the responses."""

    def __init__(self, api: ApiClient, item: str) -> None:
        self.statuses: Counter[int] = Counter()
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.run, args=(api, item))

    def run(self, api: ApiClient, item: str) -> None:
        while not self.stopped.is_set():
            status, _, _ = api.send("GET", f"{TOKENS}/self", item)
            self.statuses[status] += 1

    def __enter__(self) -> "Load":
        self.thread.start()
        return self

    def __exit__(self, *_) -> None:
        self.stopped.set()
        self.thread.join()


def run(report: Report, stack: Stack, api: ApiClient, codedeploy: CodeDeploy) -> None:
    report.check("check of a new version accepts an authorizer that rejects a request", lambda: check_sound(stack, codedeploy))
    report.check("check of a new version rejects an authorizer that does not start", lambda: check_broken(stack, codedeploy))
    report.check("changed origin reaches the stage and the functions", lambda: change_origin(stack, api))
    report.check("other routes go on after a broken rule", lambda: break_rule(stack, api))


def timed(started: float, name: str) -> None:
    print(f"        {time.monotonic() - started:.1f} s: {name}", flush=True)


def check_sound(stack: Stack, codedeploy: CodeDeploy) -> None:
    assert run_check(stack, codedeploy, "1") == "Succeeded"


def check_broken(stack: Stack, codedeploy: CodeDeploy) -> None:
    """Publishes a version of the authorizer without its table, which the alias does not follow, and lets the check invoke it."""
    functions = stack.emulator.client("lambda")
    authorizer = stack.id("Authorizer")
    check = stack.id("AuthorizerCheck")
    variables = functions.get_function_configuration(FunctionName=authorizer)["Environment"]["Variables"]
    present = functions.get_function_configuration(FunctionName=check)["Environment"]["Variables"]
    functions.update_function_configuration(FunctionName=authorizer, Environment={"Variables": variables | {"TABLE_NAME": ""}})
    try:
        broken = functions.publish_version(FunctionName=authorizer)["FunctionArn"]
        functions.update_function_configuration(FunctionName=check, Environment={"Variables": present | {"NEW_VERSION": broken}})
        assert run_check(stack, codedeploy, "2") == "Failed"
    finally:
        functions.update_function_configuration(FunctionName=authorizer, Environment={"Variables": variables})
        functions.update_function_configuration(FunctionName=check, Environment={"Variables": present})


def run_check(stack: Stack, codedeploy: CodeDeploy, execution: str) -> str:
    """Calls the check as CodeDeploy does and returns the status that it reports."""
    event = {"DeploymentId": "d-1", "LifecycleEventHookExecutionId": execution}
    codedeploy.results.clear()
    stack.emulator.client("lambda").invoke(FunctionName=stack.id("AuthorizerCheck"), Payload=json.dumps(event))
    [result] = codedeploy.results
    assert (result["deploymentId"], result["lifecycleEventHookExecutionId"]) == ("d-1", execution), result
    return result["status"]


def change_origin(stack: Stack, api: ApiClient) -> None:
    started = time.monotonic()
    stack.set_parameters(AllowedOrigins=ORIGIN)
    api.address = stack.url
    _, rejected, _ = api.send("GET", TOKENS, "", None, {"Origin": ORIGIN})
    _, answered, _ = api.send("GET", f"{TOKENS}/x", "owner", None, {"Origin": ORIGIN})
    timed(started, "deployed another origin")
    origins = [headers.get("access-control-allow-origin") for headers in (rejected, answered)]
    assert origins == [ORIGIN, ORIGIN], origins


def break_rule(stack: Stack, api: ApiClient) -> None:
    started = time.monotonic()
    stack.set_parameters(RouteRules=BROKEN_RULES)
    timed(started, "deployed a broken rule")
    api.address = stack.url
    statuses = [api.send("GET", f"{TOKENS}/self", "ES256")[0], api.send("GET", TOKENS, "owner")[0]]
    stack.set_parameters(RouteRules="{}")
    api.address = stack.url
    assert statuses == [200, 200], statuses
