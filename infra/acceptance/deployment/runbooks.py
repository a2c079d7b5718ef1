"""Runs the functions of docs/operate.sh on the stack, as an operator does."""

import json
import re
import subprocess
from pathlib import Path

import yaml
from samtranslator.yaml_helper import yaml_parse

from api import ApiClient
from build import environment
from cases import TOKENS
from checks import create_token
from emulator_template import write_emulator_template
from report import Report
from stack import STACK_NAME, Stack

FUNCTIONS = Path("docs/operate.sh").resolve()
PARAMETER = "ClientErrorAlarmThreshold"


def check(report: Report, stack: Stack, api: ApiClient) -> None:
    create_token(api, "applied", "leaked")
    report.check("runbook: a changed parameter is restored from the saved deployment", lambda: restore_parameter(stack))
    report.check("runbook: checkout is deployed with the parameters of the stack", lambda: deploy_checkout(stack))
    report.check("runbook: processes are replaced by a new revision", lambda: replace_processes(stack))
    api.address = stack.url
    report.check("runbook: revocation of an item of another organization fails", lambda: reject_other_organization(stack, api))
    report.check("runbook: revoked item is unauthenticated and has an audit line", lambda: revoke_item(stack, api))


def run(stack: Stack, script: str, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess:
    """Runs `script`, in which the arguments are `$1` and so on, after the functions are defined."""
    variables = environment(stack.folder) | stack.emulator.access | {"STACK": STACK_NAME}
    command = ["bash", "-c", f". {FUNCTIONS} > ready && {script}", "bash", *arguments]
    # The functions write files into the current folder.
    folder = stack.emulator.folder / "runbooks"
    folder.mkdir(exist_ok=True)
    return subprocess.run(command, cwd=folder, env=variables, input=stdin, capture_output=True, text=True, timeout=300)


def output(stack: Stack, script: str, *arguments: str, stdin: str = "") -> str:
    result = run(stack, script, *arguments, stdin=stdin)
    assert result.returncode == 0, result.stderr[-300:]
    return result.stdout.strip()


def restore_parameter(stack: Stack) -> None:
    before = output(stack, "parameter $1", PARAMETER)
    changed = output(stack, "set_parameters $1=77 && parameter $1", PARAMETER)
    assert changed.endswith("77") and before != "77", (before, changed)
    [saved] = re.findall(r"saved as (before-\w+)", changed)
    restored = output(stack, "restore_deployment $2 > update && parameter $1", PARAMETER, saved)
    assert restored == before, (before, restored)


def deploy_checkout(stack: Stack) -> None:
    """The stack of a release is updated from source. Only the parameters of the packaged template are gone."""
    before = parameters(stack)
    version = stack.authorizer_version
    output(stack, 'TEMPLATE="$2" deploy "$1=88" > deploy', PARAMETER, str(checkout_template(stack)))
    after = parameters(stack)
    assert after.pop("Revision") != before.pop("Revision")
    assert before.keys() - after.keys() == {"ArtifactBucket", "ArtifactPrefix"}, before.keys() - after.keys()
    assert after == {name: before[name] for name in after} | {PARAMETER: "88"}, after
    assert stack.authorizer_version != version, version


def checkout_template(stack: Stack) -> Path:
    """A template for the emulator that builds this checkout from another folder."""
    source = yaml_parse(Path("template.yaml").read_text())
    source["Globals"]["Function"]["CodeUri"] = str(Path.cwd())
    path = stack.emulator.folder / "checkout.yaml"
    path.write_text(yaml.safe_dump(source, sort_keys=False))
    return write_emulator_template(path)


def replace_processes(stack: Stack) -> None:
    """Only the revision changes, and the alias moves to another version."""
    before = parameters(stack)
    version = stack.authorizer_version
    output(stack, "replace_processes > replace")
    after = parameters(stack)
    assert after["Revision"] != before["Revision"]
    assert after | {"Revision": ""} == before | {"Revision": ""}
    assert stack.authorizer_version != version, version


def parameters(stack: Stack) -> dict[str, str]:
    return {one["ParameterKey"]: one["ParameterValue"] for one in json.loads(output(stack, "parameters"))}


def reject_other_organization(stack: Stack, api: ApiClient) -> None:
    """An item that was not revoked is an error, and is named."""
    row = {"token_id": api.items["leaked"]["id"], "org_id": "456", "revoked_by": "company|me", "revoked_at": "2026-01-01T00:00:00Z"}
    result = run(stack, 'revoke_rows "$(output TableName)"', stdin=json.dumps(row))
    assert result.returncode == 1 and "1 FAILED" in result.stderr, (result.returncode, result.stderr[-300:])
    assert api.send("GET", f"{TOKENS}/self", "leaked")[0] == 200


def revoke_item(stack: Stack, api: ApiClient) -> None:
    identifier = api.items["leaked"]["id"]
    item = json.loads(output(stack, 'revoke_item "$1" "company|me"', identifier))
    assert (item["token_id"], item["revoked_by"]) == (identifier, "company|me"), item
    assert api.send("GET", f"{TOKENS}/self", "leaked")[0] == 401
    events = stack.emulator.client("logs").filter_log_events(logGroupName=stack.id("AuditLog"))["events"]
    lines = [json.loads(event["message"]) for event in events if identifier in event["message"]]
    assert any(line.get("event") == "revoked" and line["by"] == "company|me" for line in lines), lines
