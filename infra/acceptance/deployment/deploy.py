"""Deploys template.yaml as an operator would and compares the deployed API with the local stack.

`sam validate` checks the templates, and `sam build` builds the functions as they are deployed. The stack is created from the
files of a release with the AWS CLI and updated with `sam deploy`, in ministack, a third-party emulator of AWS. It transforms and
deploys the templates with CloudFormation, runs the functions as processes, requires signed requests, and enforces the policies of
the functions' roles and of the keys. An identity provider on this machine issues the users' tokens.

Differences between the emulator and AWS, and how the suite handles them:

* Gateway responses in an API's document are ignored. They are deployed as separate resources (emulator_template.py).
* SAM's transform does not get the values of the parameters. The suite starts the emulator with one that does (parameter_values.py).
* CodeDeploy is unknown: an alias moves to a new version at once, and the check of a new version is called by the suite.
* Gateway responses do not resolve `$context.authorizer.*`. Only the local stack shows the code and the reason of a denial by
  the authorizer (expected_differences.py).
* A changed document creates another API at another address, whereas AWS changes the existing one. So requests go to the
  current address, which is not the public URL.
* Conditions of the template do not support Fn::Join and Fn::Split. A list is compared by its text, so the join is removed; conditions
  with Fn::Split, which create permissions for other accounts, are false (emulator_template.py).
* Policies do not support KMS's condition keys, and DynamoDB's always match. The former are removed (emulator_template.py);
  the local stack evaluates both. `aws:PrincipalArn` is the session instead of its role, and is rewritten.
* Mock integrations respond without their headers, so responses to preflight requests lack them (expected_differences.py).
* A request without the authorizer's header reaches the authorizer, which denies it with the same status.
* The 502 response to a failed function has the emulator's own text. No case contains one.
* A path with a trailing slash matches the route without it, and the authorizer denies it (expected_differences.py).
* Functions inherit the emulator's environment, which therefore contains only its own settings.
* Alarms on several metrics are rejected. Those in the template are removed (emulator_template.py).
* CloudFormation does not set permissions boundaries. infra/acceptance/template compares them with the policies.
* Throttling, quotas and size limits are not enforced, alarms never change state, and memory and durations are not Lambda's.
"""

import json
import os
import shutil
import signal
import sys
from pathlib import Path

import checks
import drills
import runbooks
from api import ApiClient
from build import build, package, validate
from cases import CASES
from codedeploy import CodeDeploy
from emulator import Emulator
from emulator_template import types_unknown_to_the_emulator
from expected_differences import EXPECTED_DIFFERENCES, unexpected_differences
from identity_provider import OWNER, SEED, IdentityProvider
from local_stack import OUTPUT, LocalStack
from report import Report
from stack import SERVICES, Stack

LAUNCHER = Path(__file__).with_name("parameter_values.py")


def main() -> int:
    folder = OUTPUT / "deployment"
    state = folder / "state"
    prepare(state)
    report = Report()
    validate(folder)
    template = build(folder)
    release = package(folder)
    report.step("built")
    with (
        IdentityProvider() as provider,
        CodeDeploy() as codedeploy,
        Emulator(state, SERVICES, LAUNCHER, AUTH="true", AWS_ENDPOINT_URL_CODEDEPLOY=codedeploy.url) as emulator,
    ):
        stack = Stack(emulator, template, release, folder)
        first = checks.create(report, stack, provider)
        report.check("list of types that the emulator cannot create is exact", types_unknown_to_the_emulator)
        report.step("created")
        runbooks.check(report, stack, first)
        report.step("runbooks run")
        deployed = checks.update(report, stack, first)
        report.step("updated")
        with LocalStack(*local_options(state, provider)) as local:
            compare(report, deployed, ApiClient(local.url, local.url, provider))
        report.step("compared")
        checks.inspect(report, stack, deployed)
        checks.rotate(report, stack, deployed)
        report.step("rotated")
        drills.run(report, stack, deployed, codedeploy)
        report.step("drills run")
        checks.delete(report, stack)
        report.step("deleted")
    print(__doc__.split("\n\n", 2)[2])
    print(f"{report.passed} passed, {report.failed} failed")
    return int(report.failed > 0)


def prepare(state: Path) -> None:
    """Removes the state of earlier runs, and variables that could refer to an AWS account."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
    shutil.rmtree(state, ignore_errors=True)
    state.mkdir(parents=True)
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]


def local_options(state: Path, provider: IdentityProvider) -> list[str]:
    """Options of the local stack: the same data and parameters, and the stage in each path as in the API's own address."""
    seed = state / "seed.json"
    seed.write_text(json.dumps(SEED | {"assignments": [*SEED["assignments"], OWNER]}))
    options = ["--stage", "--seed", str(seed)]
    for name, value in {"IdentityProviders": provider.configuration, **checks.RESPONSE_OPTIONS}.items():
        options += ["--set", f"{name}={value}"]
    return options


def compare(report: Report, deployed: ApiClient, local: ApiClient) -> None:
    """Sends each case to both APIs."""
    for case in CASES:

        def differences() -> list[str]:
            deployed_facts = deployed.observe(case)
            local_facts = local.observe(case)
            expected = {"status": case.status, "body.code": case.code or None}
            wrong = [
                f"{fact} is {local_facts.get(fact)!r} in the local stack"
                for fact in expected
                if local_facts.get(fact) != expected[fact]
            ]
            return wrong + unexpected_differences(case.name, deployed_facts, local_facts)

        report.check(case.name, differences)
    for difference in EXPECTED_DIFFERENCES:
        unknown = set(difference.cases) - {case.name for case in CASES}
        report.check(f"expected difference in {len(difference.cases)} cases: {difference.reason}", lambda: sorted(unknown))


if __name__ == "__main__":
    sys.exit(main())
