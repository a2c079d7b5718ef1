"""The CloudFormation stack of template.yaml in the emulator."""

import contextlib
import json
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import processes
from build import ARCHITECTURE, environment
from emulator import REGION, Emulator
from emulator_template import write_emulator_template

SERVICES = "apigateway,cloudformation,cloudwatch,dynamodb,events,iam,kms,lambda,logs,s3,sts"
STACK_NAME = "latchkey"
BUCKET = "packages"
ARTIFACT_BUCKET = "artifacts"
# Another value than the default of the parameter ArtifactPrefix.
ARTIFACT_PREFIX = "tools/latchkey"


class Stack:
    """Deploys the files of a release, and then the template that SAM has built."""

    def __init__(self, emulator: Emulator, template: Path, release: Path, folder: Path) -> None:
        self.emulator = emulator
        self.folder = folder
        self.template = write_emulator_template(template)
        self.release = release
        self.log = emulator.folder / "deploy.log"
        self.cloudformation = emulator.client("cloudformation")
        location = {"LocationConstraint": REGION}
        for bucket in (BUCKET, ARTIFACT_BUCKET):
            emulator.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration=location)

    def create(self, **parameters: str) -> None:
        """Creates the stack from the files of the release as docs/deploy.md describes."""
        [template] = self.release.glob("latchkey/*/template.yaml")
        bucket = f"s3://{ARTIFACT_BUCKET}/{ARTIFACT_PREFIX}"
        self.run("aws", "s3", "cp", "--recursive", "--no-progress", str(self.release / "latchkey"), bucket)
        parameters |= {"ArtifactBucket": ARTIFACT_BUCKET, "ArtifactPrefix": ARTIFACT_PREFIX}
        parameters["Architecture"] = ARCHITECTURE
        template = write_emulator_template(template)
        self.operate("deploy_template", str(template), *(f"{name}={value}" for name, value in parameters.items()))

    def deploy(self, *parameters: str) -> None:
        """Updates the stack with `sam deploy` and a new revision. Other parameters keep their values."""
        command = ["sam", "deploy", "--template-file", str(self.template), "--stack-name", STACK_NAME, "--s3-bucket", BUCKET]
        command += ["--capabilities", "CAPABILITY_NAMED_IAM", "--no-confirm-changeset", "--no-progressbar"]
        self.run(*command, "--parameter-overrides", *parameters, f"Revision={uuid.uuid4().hex}")

    def set_parameters(self, **parameters: str) -> None:
        """Changes parameters with the function of docs/operate.sh."""
        self.operate("set_parameters", *(f"{name}={value}" for name, value in parameters.items()))

    def operate(self, function: str, *arguments: str) -> None:
        """Runs a function of docs/operate.sh."""
        script = f'FUNCTIONS_ONLY=1; STACK={STACK_NAME}; . docs/operate.sh && {function} "$@"'
        self.run("bash", "-c", script, "bash", *arguments)

    def run(self, *command: str) -> None:
        variables = environment(self.folder) | self.emulator.access
        with self.log.open("a") as log:
            status = processes.run(list(command), env=variables, stdout=log, stderr=log)
        if status != 0:
            sys.exit(f"{' '.join(command[:3])} failed\n{self.log.read_text()[-4000:]}")

    @property
    def stage(self) -> str:
        return self.output("ApiUrl").rsplit("/", 1)[1]

    @property
    def url(self) -> str:
        """The API's URL in the emulator's own form, which differs from the output."""
        return f"{self.emulator.url}/_aws/execute-api/{self.id('Api')}/{self.stage}"

    @property
    def authorizer_version(self) -> str:
        """The version of the authorizer that serves requests."""
        alias = self.emulator.client("lambda").get_alias(FunctionName=self.id("Authorizer"), Name="live")
        return alias["FunctionVersion"]

    def id(self, name: str) -> str:
        """The physical id of a resource of the template."""
        resource = self.cloudformation.describe_stack_resource(StackName=STACK_NAME, LogicalResourceId=name)
        return resource["StackResourceDetail"]["PhysicalResourceId"]

    def output(self, name: str) -> str:
        outputs = self.cloudformation.describe_stacks(StackName=STACK_NAME)["Stacks"][0]["Outputs"]
        return next(output["OutputValue"] for output in outputs if output["OutputKey"] == name)

    @contextlib.contextmanager
    def role_policy(self, role: str, effect: str, action: str) -> Iterator[None]:
        """Adds a policy to a role of the template for the duration of the context."""
        iam = self.emulator.client("iam")
        name = self.id(role)
        statement = {"Effect": effect, "Action": action, "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_role_policy(RoleName=name, PolicyName="additional", PolicyDocument=document)
        try:
            yield
        finally:
            iam.delete_role_policy(RoleName=name, PolicyName="additional")

    def delete(self) -> None:
        self.cloudformation.delete_stack(StackName=STACK_NAME)
        waiter = self.cloudformation.get_waiter("stack_delete_complete")
        waiter.wait(StackName=STACK_NAME, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
