"""AWS as the emulator plays it, and what is deployed there."""

import contextlib
import json
import os
import socket
import sys
import time
import urllib.request
from pathlib import Path

import boto3

import process
from build import ARCHITECTURE, environment
from template import for_emulator

# How long the emulator may take to answer, in seconds.
PATIENCE = 60
REGION = "eu-central-1"
STACK = "latchkey"
BUCKET = "packages"
SERVICES = "apigateway,cloudformation,cloudwatch,dynamodb,iam,kms,lambda,logs,s3,sts"


class Emulator:
    """ministack, as long as the context lasts. It asks for signatures and enforces the policies of roles and keys."""

    def __init__(self, tools: Path) -> None:
        self.tools, self.folder = tools, tools / "state"
        self.log = self.folder / "emulator.log"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        # The operator, whom it takes for the account itself.
        self.access = {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
        }

    def __enter__(self) -> "Emulator":
        command = [self.tools / "emulator/bin/ministack"]
        with self.log.open("w") as log:
            # The functions are its children.
            self.process = process.start(command, env=self.environment(), stdout=log, stderr=log)
        try:
            self.wait()
        except BaseException:
            process.end(self.process)
            raise
        return self

    def __exit__(self, *_) -> None:
        process.end(self.process)

    def environment(self) -> dict[str, str]:
        """All of it, since the functions inherit it."""
        own = {
            "AUTH": "true",
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port),
            "IOT_MTLS_ENABLED": "0",
            "MINISTACK_REGION": REGION,
            "PATH": os.environ["PATH"],
            "S3_DATA_DIR": str(self.folder / "s3"),
            "SERVICES": SERVICES,
            "SFTP_ENABLED": "0",
            "STATE_DIR": str(self.folder / "kept"),
            "TMPDIR": str(self.folder),
        }
        return own | self.access

    def wait(self) -> None:
        """Returns when it answers."""
        deadline = time.monotonic() + PATIENCE
        while self.process.poll() is None and time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{self.url}/_ministack/health", timeout=5):
                    return
            except OSError:
                time.sleep(0.1)
        sys.exit(f"the emulator did not start\n{self.log.read_text()[-4000:]}")

    def client(self, service: str, **credentials: str):
        """A client of the operator's, or with these credentials."""
        keys = credentials or {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return boto3.client(service, endpoint_url=self.url, region_name=REGION, **keys)


class Stack:
    """What template.yaml becomes there."""

    def __init__(self, emulator: Emulator, template: Path) -> None:
        self.emulator, self.template = emulator, for_emulator(template)
        self.log = emulator.folder / "deploy.log"
        self.cloudformation = emulator.client("cloudformation")
        emulator.client("s3").create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
        )

    def create(self, **parameters: str) -> None:
        """Deploys it with these parameters, which are too much for a command line."""
        file = self.emulator.folder / "parameters.yaml"
        # JSON is YAML.
        file.write_text(json.dumps(parameters | {"Architecture": ARCHITECTURE}))
        self.deploy(f"file://{file}")

    def deploy(self, *parameters: str) -> None:
        """Creates or updates it, as a person does. Parameters that are not named keep their values."""
        command = ["sam", "deploy", "--template-file", str(self.template), "--stack-name", STACK, "--s3-bucket", BUCKET]
        command += ["--capabilities", "CAPABILITY_IAM", "--no-confirm-changeset", "--no-progressbar"]
        command += ["--parameter-overrides", *parameters]
        variables = environment(self.emulator.tools) | self.emulator.access
        with self.log.open("a") as log:
            code = process.run(command, env=variables, stdout=log, stderr=log)
        if code != 0:
            sys.exit(f"sam deploy failed\n{self.log.read_text()[-4000:]}")
        # What it says of gateway responses counts from the next deployment on.
        self.emulator.client("apigateway").create_deployment(restApiId=self.id("Api"), stageName=self.stage)

    @property
    def stage(self) -> str:
        return self.output("ApiUrl").rsplit("/", 1)[1]

    @property
    def url(self) -> str:
        """Where the API is: the emulator's own form of the address in the output."""
        return f"{self.emulator.url}/_aws/execute-api/{self.id('Api')}/{self.stage}"

    def id(self, name: str) -> str:
        """The physical id of a resource of the template."""
        found = self.cloudformation.describe_stack_resource(StackName=STACK, LogicalResourceId=name)
        return found["StackResourceDetail"]["PhysicalResourceId"]

    def output(self, name: str) -> str:
        outputs = self.cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["Outputs"]
        return next(output["OutputValue"] for output in outputs if output["OutputKey"] == name)

    @contextlib.contextmanager
    def policy(self, role: str, effect: str, action: str):
        """As long as the context lasts the role, by its name in the template, has this policy too."""
        iam, name = self.emulator.client("iam"), self.id(role)
        statement = {"Effect": effect, "Action": action, "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_role_policy(RoleName=name, PolicyName="more", PolicyDocument=document)
        yield
        iam.delete_role_policy(RoleName=name, PolicyName="more")

    def delete(self) -> None:
        self.cloudformation.delete_stack(StackName=STACK)
        self.cloudformation.get_waiter("stack_delete_complete").wait(
            StackName=STACK, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
        )


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
