"""The life of a stack: created, updated, looked at from other sides, its key rotated, deleted."""

import json
import os
import subprocess

import jwt
from botocore.exceptions import ClientError

from asking import World
from build import ARCHITECTURE
from cases import TOKENS
from cloud import Stack
from people import OWNER, SETUP, Provider
from report import Report

FIRST_URL = "https://first.example"
DOMAIN = "deployed.example.net"
URL = f"https://{DOMAIN}"

# Parameters that change answers, the same for the local stack.
OPTIONS = {"AllowedOrigins": "https://page.example"}
# Those that make something of their own beside.
DOMAIN_OPTIONS = {
    "DomainName": DOMAIN,
    "CertificateArn": "arn:aws:acm:eu-central-1:000000000000:certificate/11111111-2222-3333-4444-555555555555",
}
MORE_OPTIONS = {
    "AccessLogs": "on-and-create-role",
    "AlarmTopicArn": "arn:aws:sns:eu-central-1:000000000000:alarms",
    "LogRetentionDays": "7",
    "ReservedConcurrency": "10",
}


def create(report: Report, stack: Stack, provider: Provider) -> World:
    """Deploys with no option, makes somebody an owner, and has them create a token, `early`."""
    stack.create(PublicUrl=FIRST_URL, IdentityProviders=provider.configuration)
    world = World(stack.url, FIRST_URL, provider)
    setup = stack.emulator.folder / "first.json"
    setup.write_text(json.dumps(SETUP))
    report.check("roles are applied to the deployed ledger", lambda: apply(stack, str(setup)))
    owner = ("--owner", OWNER["principal"], "--org", OWNER["org"])
    report.check("the first owner is made by a command", lambda: apply(stack, *owner))
    report.check("whoever was made an owner creates a token", lambda: make(world, "applied", "early"))
    return world


def apply(stack: Stack, *arguments: str) -> None:
    command = ["cargo", "latchkey", "apply", "--table", stack.id("Table"), *arguments]
    done = subprocess.run(command, env=os.environ | stack.emulator.access, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-300:]


def make(world: World, who: str, name: str) -> None:
    """The person creates the token that is called `name` from here on."""
    status, _, text = world.send("POST", TOKENS, who, {"name": name})
    assert status == 201, (status, world.shown(text))
    world.items[name] = json.loads(text)


def update(report: Report, stack: Stack, first: World) -> World:
    """Deploys with another name and a domain."""
    kept = ("Table", "AccessKey", "PublicKey", "Authorizer", "CreateToken")
    before = [stack.id(name) for name in kept]
    changed = {"PublicUrl": URL, "PreviousPublicUrls": FIRST_URL, **OPTIONS, **DOMAIN_OPTIONS}
    stack.deploy(*(f"{name}={value}" for name, value in changed.items()))
    first.at = stack.url

    def nothing_replaced() -> None:
        after = [stack.id(name) for name in kept]
        assert after == before, (after, before)

    def early_accepted() -> None:
        answers = [first.send(method, f"{TOKENS}/self", "early")[0] for method in ("GET", "DELETE", "GET")]
        assert answers == [200, 200, 401], answers

    report.check("an update replaces neither the ledger nor a key nor a function", nothing_replaced)
    report.check("a token of the former name reads and revokes itself, and then is nobody", early_accepted)
    return World(stack.url, URL, first.provider)


def look(report: Report, stack: Stack, world: World) -> None:
    """Looks at what was deployed from other sides."""
    for family, name in {"": "admins", "/public": "journey"}.items():
        rule = f"a token verifies by the keys that {TOKENS}{family} publishes at the domain"
        report.check(rule, lambda: verify(stack, world, family, name, "RS256"))
    report.check("the functions are for the processor that was asked for", lambda: processors(stack))
    report.check("a permission that a role has lost is missed", lambda: lose(stack, world))
    report.check("no function but the one that makes tokens signs", lambda: sign(stack))


def verify(stack: Stack, world: World, family: str, name: str, algorithm: str) -> None:
    """By a library that is not ours, through what discovery says, and at the domain, where no stage is in the path."""
    issuer, host = f"{URL}{TOKENS}{family}", {"Host": DOMAIN}
    at_domain = World(stack.emulator.url, URL, world.provider)
    status, _, text = at_domain.send("GET", f"{TOKENS}{family}/.well-known/openid-configuration", "", None, host)
    assert status == 200, (status, world.shown(text))
    metadata = json.loads(text)
    assert metadata["issuer"] == issuer, metadata["issuer"]
    keys = jwt.PyJWKClient(metadata["jwks_uri"].replace(URL, stack.emulator.url), headers=host)
    item = world.items[name]
    required = {"require": ["iss", "sub", "aud", "iat", "jti"]}
    key = keys.get_signing_key_from_jwt(item["token"])
    claims = jwt.decode(item["token"], key, algorithms=[algorithm], audience=URL, issuer=issuer, options=required)
    assert claims["sub"] == item["id"], claims["sub"]


def processors(stack: Stack) -> list[str]:
    functions = stack.emulator.client("lambda").list_functions()["Functions"]
    assert functions
    others = [function for function in functions if function["Architectures"] != [ARCHITECTURE]]
    return [f"{function['FunctionName']} is not" for function in others]


def lose(stack: Stack, world: World) -> None:
    """Which shows too that the emulator enforces the policies."""
    path = f"{TOKENS}/{world.items['admins']['id']}"
    with stack.policy("GetTokenRole", "Deny", "dynamodb:GetItem"):
        without, _, _ = world.send("GET", path, "owner")
    again, _, _ = world.send("GET", path, "owner")
    assert (without, again) == (500, 200), (without, again)


def sign(stack: Stack) -> None:
    """The key's own policy says so, whatever the role's does."""
    signed = [signs(stack, role) for role in ("CreateTokenRole", "GetTokenRole")]
    assert signed == [True, False], signed


def signs(stack: Stack, role: str) -> bool:
    """Whether somebody in this role, with a policy that lets them sign, does."""
    iam, name = stack.emulator.client("iam"), stack.id(role)
    described = iam.get_role(RoleName=name)["Role"]
    anybody = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": described["Arn"].split(":")[4]}}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [anybody]})
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=trust)
    sts = stack.emulator.client("sts")
    session = sts.assume_role(RoleArn=described["Arn"], RoleSessionName="somebody")["Credentials"]
    names = {"aws_access_key_id": "AccessKeyId", "aws_secret_access_key": "SecretAccessKey"}
    names |= {"aws_session_token": "SessionToken"}
    kms = stack.emulator.client("kms", **{name: session[value] for name, value in names.items()})
    how = {"MessageType": "DIGEST", "SigningAlgorithm": "RSASSA_PKCS1_V1_5_SHA_256"}
    try:
        with stack.policy(role, "Allow", "kms:Sign"):
            kms.sign(KeyId=stack.id("AccessKey"), Message=bytes(32), **how)
    except ClientError as error:
        assert error.response["Error"]["Code"] == "AccessDeniedException", error
        return False
    finally:
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(described["AssumeRolePolicyDocument"]))
    return True


def rotate(report: Report, stack: Stack, world: World) -> None:
    """Gives access tokens a key of another kind, as the runbook does, and sets the options that change no answer."""
    kms = stack.emulator.client("kms")
    old = kms.describe_key(KeyId=stack.id("AccessKey"))["KeyMetadata"]["Arn"]
    policy = kms.get_key_policy(KeyId=old, PolicyName="default")["Policy"]
    new = kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec="ECC_NIST_P256", Policy=policy)["KeyMetadata"]["Arn"]
    for rule, parameters, *wanted in (
        ("a key that is appended is published and does not sign", [f"AdditionalAccessKeyArns={new}"], 2, 200, "RS256"),
        (
            "a key that is put first signs",
            [f"AccessSigningKeyArn={new}", f"AdditionalAccessKeyArns={old}"],
            2,
            200,
            "ES256",
        ),
        # As an empty value is written on a command line.
        ("a key that is taken out ends its tokens", ["AdditionalAccessKeyArns=''"], 1, 401, "ES256"),
    ):
        stack.deploy(*parameters, *(f"{name}={value}" for name, value in MORE_OPTIONS.items()))
        world.at = stack.url
        report.check(rule, lambda: ring(stack, world, *wanted))


def ring(stack: Stack, world: World, count: int, status: int, algorithm: str) -> None:
    """So many keys are published, a token of before is answered so, and a new one verifies by that."""
    _, _, text = world.send("GET", f"{TOKENS}/.well-known/jwks.json", "")
    old, _, _ = world.send("GET", f"{TOKENS}/self", "admins")
    keys = json.loads(text)["keys"]
    assert (len(keys), old) == (count, status), (len(keys), old)
    make(world, "owner", algorithm)
    verify(stack, world, "", algorithm, algorithm)
    new, _, _ = world.send("GET", f"{TOKENS}/self", algorithm)
    assert new == 200, new


def end(report: Report, stack: Stack) -> None:
    """Deletes the stack."""
    table, keys = stack.id("Table"), [stack.id(name) for name in ("AccessKey", "PublicKey")]
    dynamodb, kms = stack.emulator.client("dynamodb"), stack.emulator.client("kms")

    def outlive() -> None:
        stack.delete()
        assert stack.emulator.client("lambda").list_functions()["Functions"] == []
        assert dynamodb.describe_table(TableName=table)["Table"]["ItemCount"] > 0
        assert all(kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Enabled" for key in keys)

    report.check("the ledger and the keys outlive the stack", outlive)
