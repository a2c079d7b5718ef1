"""`cargo local` in a new folder, with tokens made by its own API, and with others that it would never make."""

import hashlib
import json
import shutil
import subprocess
import time
import urllib.request
from pathlib import Path

import boto3
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from jwt.utils import base64url_decode, base64url_encode

# In seconds, and more than it takes to build everything.
PATIENCE = 1800

# Routes beside those of the template and of the sample, for rules that neither has.
RULES = {
    "GET /open": {"public": True},
    "POST /any": {"any_caller": True},
    "GET /billing": {"action": "billing:view"},
    "GET /files/{path+}": {"action": "file:view", "resource": "file/{path}"},
}


class Stack:
    """The service on this machine, as long as the context lasts."""

    def __init__(self, folder: Path, key_spec: str) -> None:
        self.data, self.log = folder / "local", folder / "local.log"
        self.command = ["cargo", "local", "--port", "0", "--data", str(self.data), "--set", f"KeySpec={key_spec}"]

    def __enter__(self) -> "Stack":
        shutil.rmtree(self.data, ignore_errors=True)
        with self.log.open("w") as log:
            # The greeting has a token in it, which nobody needs.
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log
            )
        try:
            self.local = json.loads(self.wait(self.data / "local.json"))
        except BaseException:
            self.__exit__()
            raise
        access = {"region_name": "us-east-1", "aws_access_key_id": "operator", "aws_secret_access_key": "local"}
        self.dynamodb = boto3.client("dynamodb", endpoint_url=self.local["dynamodb_url"], **access)
        self.kms = boto3.client("kms", endpoint_url=self.local["kms_url"], **access)
        return self

    def wait(self, place: Path) -> str:
        late = time.monotonic() + PATIENCE
        while not place.exists():
            if self.process.poll() is not None or time.monotonic() > late:
                raise SystemExit(f"the local stack did not start\n{self.log.read_text()[-4000:]}")
            time.sleep(0.1)
        return place.read_text()

    def environment(self, function: str) -> dict[str, str]:
        """The variables of a function, which is known by its name."""
        # Each is a name and a text in quotes, which may hold lines.
        script = 'set -a; . "$0"; exec env -0'
        done = subprocess.run(["sh", "-c", script, self.data / "environment"], capture_output=True, check=True, env={})
        pairs = (pair.split("=", 1) for pair in done.stdout.decode().split("\0") if pair)
        variables = {name: value for name, value in pairs if name not in ("PWD", "SHLVL", "_")}
        rules = json.loads(variables["ROUTE_RULES"]) + [RULES]
        return variables | {"AWS_ACCESS_KEY_ID": function, "ROUTE_RULES": json.dumps(rules)}

    def person(self, org: str, user: str) -> str:
        """The token of somebody whom the local identity provider knows."""
        command = ["cargo", "local", "token", "--org", org, "--user", user, "--data", str(self.data)]
        return subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip()

    def call(self, method: str, path: str, token: str, body: dict | None = None) -> dict:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.local['url']}/v1/access-tokens{path}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def put_role(self, role: str, grants: dict, version: str = "1") -> None:
        """Writes a role's row as an operator may have left it."""
        org, slug = role.split(":")
        key = {"pk": {"S": f"ORG#{org}"}, "sk": {"S": f"ROLE#{slug}"}}
        row = key | {"v": {"N": version}, "name": {"S": slug}, "grants": grants}
        self.dynamodb.put_item(TableName=self.local["table"], Item=row)

    def damage(self, token: str, **attributes: dict) -> None:
        """Changes a token's row behind its back."""
        key = {"pk": {"S": f"TOKEN#{parts(token)[1]['jti'][-21:]}"}, "sk": {"S": "TOKEN"}}
        row = self.dynamodb.get_item(TableName=self.local["table"], Key=key)["Item"]
        self.dynamodb.put_item(TableName=self.local["table"], Item=row | attributes)

    def forge(self, token: str, arn: str, header: dict | None = None, claims: dict | None = None) -> str:
        """The token with other members in its header and its claims, `None` for absent, truly signed by the key."""
        changed = [old | (new or {}) for old, new in zip(parts(token), (header, claims), strict=True)]
        whole = [{name: value for name, value in part.items() if value is not None} for part in changed]
        text = ".".join(base64url_encode(json.dumps(part).encode()).decode() for part in whole)
        rsa = parts(token)[0]["alg"] == "RS256"
        algorithm = "RSASSA_PKCS1_V1_5_SHA_256" if rsa else "ECDSA_SHA_256"
        digest = hashlib.sha256(text.encode()).digest()
        answer = self.kms.sign(KeyId=arn, Message=digest, MessageType="DIGEST", SigningAlgorithm=algorithm)
        signature = answer["Signature"]
        if not rsa:
            signature = b"".join(integer.to_bytes(32, "big") for integer in decode_dss_signature(signature))
        return f"{text}.{base64url_encode(signature).decode()}"

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def parts(token: str) -> list[dict]:
    """Header and claims, unverified."""
    return [json.loads(base64url_decode(part)) for part in token.split(".")[:2]]
