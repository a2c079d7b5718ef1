"""Stands for `aws`, `sam` and `cargo-lambda`, with the state of an AWS account in a file.

It records each call, and applies the queries of the AWS CLI with JMESPath. The variable `ACCOUNT` names the file with the state, whose
member `fail` is the number of the call that fails.
"""

import json
import os
import shutil
import sys
from pathlib import Path

import jmespath

STATE = Path(os.environ["ACCOUNT"])


def main() -> None:
    state = json.loads(STATE.read_text())
    name = Path(sys.argv[0]).name
    call = [name, *sys.argv[1:]]
    state["calls"].append(call)
    if state["fail"] == len(state["calls"]):
        STATE.write_text(json.dumps(state))
        sys.exit(f"{' '.join(call[:3])} failed")
    result = AWS[tuple(call[1:3])](state, call) if name == "aws" else sam(state, call)
    STATE.write_text(json.dumps(state))
    if result is not None:
        write(result, option(call, "--query"), option(call, "--output"))


def write(result: object, query: str | None, form: str | None) -> None:
    value = jmespath.search(query, result) if query else result
    if form == "text":
        print("None" if value is None else value)
    else:
        print(value if isinstance(result, str) else json.dumps(value), end="" if isinstance(result, str) else "\n")


def describe_stacks(state: dict, call: list[str]) -> dict:
    name = option(call, "--stack-name")
    if name == "aws-sam-cli-managed-default":
        return {"Stacks": [{"Outputs": [{"OutputKey": "SourceBucket", "OutputValue": "sam-bucket"}]}]}
    if state["stack"] is None:
        sys.exit(f"An error occurred (ValidationError) when calling DescribeStacks: Stack with id {name} does not exist")
    return {"Stacks": [state["stack"]]}


def get_template(state: dict, call: list[str]) -> dict:
    return {"TemplateBody": state["template"]}


def update_stack(state: dict, call: list[str]) -> dict:
    parameters = json.loads(option(call, "--parameters"))
    # With the previous template CloudFormation does not apply the transform again, so that no version would be published.
    host, path = option(call, "--template-url").removeprefix("https://").split("/", 1)
    state["host"] = host
    state["template"] = state["objects"][path]
    deploy(state, {one["ParameterKey"]: one["ParameterValue"] for one in parameters}, state["stack"]["Tags"])
    return {"StackId": "id"}


def wait(state: dict, call: list[str]) -> None:
    return None


def cloudformation_deploy(state: dict, call: list[str]) -> None:
    state["template"] = Path(option(call, "--template-file")).read_text()
    deploy(state, dict(pair.split("=", 1) for pair in values(call, "--parameter-overrides")), values(call, "--tags"))


def copy(state: dict, call: list[str]) -> str | None:
    source, target = [argument for argument in call[3:] if not argument.startswith("--")]
    if source == "-":
        state["objects"][target.removeprefix("s3://")] = sys.stdin.read().removesuffix("\n")
        return None
    text = state["objects"][source.removeprefix("s3://")]
    if target == "-":
        return text
    Path(target).write_text(text)
    return None


def remove(state: dict, call: list[str]) -> None:
    prefix = call[-1].removeprefix("s3://")
    state["objects"] = {name: text for name, text in state["objects"].items() if not name.startswith(prefix)}


def sam(state: dict, call: list[str]) -> None:
    if call[1] == "build":
        built = Path(".aws-sam/build")
        shutil.rmtree(built, ignore_errors=True)
        (built / "Authorizer").mkdir(parents=True)
        (built / "Authorizer/bootstrap").write_text(state["code"])
        shutil.copy(option(call, "--template"), built / "template.yaml")
        return None
    shutil.copy(option(call, "--template-file"), option(call, "--output-template-file"))
    return None


def deploy(state: dict, parameters: dict[str, str], new_tags: list) -> None:
    pairs = [pair if isinstance(pair, dict) else dict(zip(("Key", "Value"), pair.split("=", 1), strict=True)) for pair in new_tags]
    state["stack"] = {
        "StackId": "arn:aws:cloudformation:eu-central-1:111122223333:stack/latchkey/1",
        "StackStatus": "UPDATE_COMPLETE",
        "LastUpdatedTime": "2026-11-30T12:00:00Z",
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        "Tags": pairs,
    }
    state["deployments"] += 1


AWS = {
    ("cloudformation", "describe-stacks"): describe_stacks,
    ("cloudformation", "get-template"): get_template,
    ("cloudformation", "update-stack"): update_stack,
    ("cloudformation", "wait"): wait,
    ("cloudformation", "deploy"): cloudformation_deploy,
    ("s3", "cp"): copy,
    ("s3", "rm"): remove,
}


def option(call: list[str], name: str) -> str | None:
    return call[call.index(name) + 1] if name in call else None


def values(call: list[str], name: str) -> list[str]:
    """The arguments after the option, to the next one."""
    if name not in call:
        return []
    rest = call[call.index(name) + 1 :]
    return rest[: next((index for index, argument in enumerate(rest) if argument.startswith("--")), len(rest))]


if __name__ == "__main__":
    main()
