"""Deploys template.yaml as a person would, and asks what was deployed and `cargo local` the same.

`sam validate` looks at the templates, `sam build` builds the functions as they ship, and `sam deploy` puts them into
ministack, an emulator of AWS that is not ours: it transforms and plays the template by CloudFormation, runs the functions
as processes, asks for signatures, and enforces the policies of the functions' roles and of the keys. People come from a
provider that runs here.

What the emulator does otherwise than AWS, and what is done about it:

* Gateway responses in an API's document are ignored. They are deployed as resources of their own (template.py), which
  count from one more deployment of the stage on.
* Gateway responses keep `$context.authorizer.*` as it is. The code and the reason of a denial by the authorizer are
  looked at in the local stack alone (differences.py).
* A document that changes makes another API at another address, where AWS changes the one that is there. So the API is
  asked at whatever address it has, and does not call itself by it.
* Conditions of the template know no Fn::Join. A list is its text there, which is taken as it is (template.py).
* Policies know no condition keys of KMS, and those of DynamoDB always hold. The former are left out (template.py); the
  local stack looks at both. `aws:PrincipalArn` is the session and not its role, and is named so (template.py).
* Mock integrations answer without their headers, so that no preflight request says what is allowed (differences.py).
* A request without the header that an authorizer asks for is sent to the authorizer all the same. Its answer is one.
* A function that fails is 502 with its own words. No case has one.
* A path with a slash at its end is the route without it, and the authorizer denies it (differences.py).
* Functions inherit the environment of the emulator, which for that has nothing but its own settings.
* Alarms on several metrics are refused. The one that there is is left out (template.py).
* CloudFormation gives roles no boundary there. What the boundaries allow is held to the policies by .ci/template.
* Throttles, quotas and sizes are not enforced, alarms never change, and memory and time are not those of Lambda.
"""

import os
import shutil
import signal
import sys
from pathlib import Path

import checks
from asking import World
from build import build, validate
from cases import CASES
from cloud import Emulator, Stack
from differences import KNOWN, unexplained
from local import Local
from people import Provider
from report import Report


def main(tools: Path) -> int:
    prepare(tools / "state")
    report = Report()
    validate(tools)
    template = build(tools)
    report.step("built")
    with Provider() as provider, Emulator(tools) as emulator:
        stack = Stack(emulator, template)
        first = checks.create(report, stack, provider)
        report.step("created")
        deployed = checks.update(report, stack, first)
        report.step("updated")
        with Local(emulator.folder, provider, checks.OPTIONS) as local:
            compare(report, deployed, World(local.url, local.url, provider))
        report.step("asked")
        checks.look(report, stack, deployed)
        checks.rotate(report, stack, deployed)
        report.step("rotated")
        checks.end(report, stack)
        report.step("deleted")
    print(__doc__.split("\n\n", 2)[2])
    print(f"{report.passed} passed, {report.failed} failed")
    return int(report.failed > 0)


def prepare(state: Path) -> None:
    """Leaves nothing of an earlier run, nor a way to an account of AWS."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    shutil.rmtree(state, ignore_errors=True)
    state.mkdir(parents=True)
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]


def compare(report: Report, deployed: World, local: World) -> None:
    """Asks both each case."""
    for case in CASES:

        def ask() -> list[str]:
            here, there = deployed.ask(case), local.ask(case)
            wanted = {"status": case.status, "body.code": case.code or None}
            wrong = [f"{fact} is {there.get(fact)!r} locally" for fact in wanted if there.get(fact) != wanted[fact]]
            return wrong + unexplained(case.rule, here, there)

        report.check(case.rule, ask)
    for difference in KNOWN:
        strange = set(difference.cases) - {case.rule for case in CASES}
        report.check(f"known to differ, {len(difference.cases)} times: {difference.reason}", lambda: sorted(strange))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
