"""Creates, updates, inspects and deletes the stack, and rotates its key."""

import json
import os
import subprocess

import jwt
from botocore.exceptions import ClientError

from api import ApiClient
from build import ARCHITECTURE
from cases import TOKENS
from drills import Load
from identity_provider import OWNER, SEED, IdentityProvider
from report import Report
from stack import Stack

FIRST_URL = "https://first.example"
DOMAIN = "deployed.example.net"
URL = f"https://{DOMAIN}"

# Parameters that change responses. The local stack has them too.
RESPONSE_OPTIONS = {"AllowedOrigins": "https://page.example"}
DOMAIN_OPTIONS = {
    "DomainName": DOMAIN,
    "CertificateArn": "arn:aws:acm:eu-central-1:000000000000:certificate/11111111-2222-3333-4444-555555555555",
}
OPERATION_OPTIONS = {
    "AccessLogs": "on-and-create-role",
    "AlarmTopicArn": "arn:aws:sns:eu-central-1:000000000000:alarms",
    "LogRetentionDays": "7",
    "ReservedConcurrency": "10",
}


def create(report: Report, stack: Stack, provider: IdentityProvider) -> ApiClient:
    """Deploys a release with the required parameters only. The first owner creates the item `early`."""
    stack.create(PublicUrl=FIRST_URL, IdentityProviders=provider.configuration)
    api = ApiClient(stack.url, FIRST_URL, provider)
    manifest = stack.emulator.folder / "manifest.json"
    manifest.write_text(json.dumps(SEED))
    report.check("`latchkey apply` writes roles to the deployed table", lambda: apply(stack, str(manifest)))
    owner = ("--owner", OWNER["principal"], "--org", OWNER["org"])
    report.check("`latchkey apply --owner` creates the first owner", lambda: apply(stack, *owner))
    report.check("first owner creates a token", lambda: create_token(api, "applied", "early"))
    return api


def apply(stack: Stack, *arguments: str) -> None:
    # The feature is off by default, because it adds the AWS SDK's configuration to the build.
    command = ["cargo", "run", "--quiet", "--locked", "--features", "cli/aws", "--bin", "latchkey", "--", "apply"]
    command += ["--table", stack.id("Table"), *arguments]
    result = subprocess.run(command, env=os.environ | stack.emulator.access, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr[-300:]


def create_token(api: ApiClient, user: str, name: str) -> None:
    """Creates a token and keeps it as the item `name`."""
    status, _, text = api.send("POST", TOKENS, user, {"name": name})
    assert status == 201, (status, api.normalize(text))
    api.items[name] = json.loads(text)


def update(report: Report, stack: Stack, first: ApiClient) -> ApiClient:
    """Deploys the built template over the release, with another public URL and a domain."""
    names = ("Table", "AccessKey", "PublicKey", "Authorizer", "CreateToken")
    before = [stack.id(name) for name in names]
    parameters = {"PublicUrl": URL, "PreviousPublicUrls": FIRST_URL, **RESPONSE_OPTIONS, **DOMAIN_OPTIONS}
    stack.deploy(*(f"{name}={value}" for name, value in parameters.items()))
    first.address = stack.url

    def resources_are_kept() -> None:
        after = [stack.id(name) for name in names]
        assert after == before, (after, before)

    def earlier_token_is_accepted() -> None:
        statuses = [first.send(method, f"{TOKENS}/self", "early")[0] for method in ("GET", "DELETE", "GET")]
        assert statuses == [200, 200, 401], statuses

    report.check("update replaces no table, key or function", resources_are_kept)
    report.check("token with the previous public URL is accepted until it is revoked", earlier_token_is_accepted)
    return ApiClient(stack.url, URL, first.provider)


def inspect(report: Report, stack: Stack, api: ApiClient) -> None:
    for family, item in {"": "admins", "/public": "journey"}.items():
        name = f"token verifies with the keys of {TOKENS}{family} at the domain"
        report.check(name, lambda: verify(stack, api, family, item, "RS256"))
    report.check("functions have the chosen architecture", lambda: functions_of_other_architecture(stack))
    report.check("function without a permission fails", lambda: denied_permission_is_enforced(stack, api))
    report.check("only create-token can sign", lambda: only_create_token_signs(stack))


def verify(stack: Stack, api: ApiClient, family: str, item_name: str, algorithm: str) -> None:
    """Verifies an item's token with PyJWT and the discovery document at the domain, whose paths contain no stage."""
    issuer = f"{URL}{TOKENS}{family}"
    host = {"Host": DOMAIN}
    domain = ApiClient(stack.emulator.url, URL, api.provider)
    status, _, text = domain.send("GET", f"{TOKENS}{family}/.well-known/openid-configuration", "", None, host)
    assert status == 200, (status, api.normalize(text))
    metadata = json.loads(text)
    assert metadata["issuer"] == issuer, metadata["issuer"]
    keys = jwt.PyJWKClient(metadata["jwks_uri"].replace(URL, stack.emulator.url), headers=host)
    item = api.items[item_name]
    required = {"require": ["iss", "sub", "aud", "iat", "jti"]}
    key = keys.get_signing_key_from_jwt(item["token"])
    claims = jwt.decode(item["token"], key, algorithms=[algorithm], audience=URL, issuer=issuer, options=required)
    assert claims["sub"] == item["id"], claims["sub"]


def functions_of_other_architecture(stack: Stack) -> list[str]:
    functions = stack.emulator.client("lambda").list_functions()["Functions"]
    assert functions
    return [function["FunctionName"] for function in functions if function["Architectures"] != [ARCHITECTURE]]


def denied_permission_is_enforced(stack: Stack, api: ApiClient) -> None:
    """Shows that the emulator enforces the functions' policies."""
    path = f"{TOKENS}/{api.items['admins']['id']}"
    with stack.role_policy("GetTokenRole", "Deny", "dynamodb:GetItem"):
        denied, _, _ = api.send("GET", path, "owner")
    allowed, _, _ = api.send("GET", path, "owner")
    assert (denied, allowed) == (500, 200), (denied, allowed)


def only_create_token_signs(stack: Stack) -> None:
    """The key's own policy denies other roles, even if their policies allow signing."""
    can_sign = [role_can_sign(stack, role) for role in ("CreateTokenRole", "GetTokenRole")]
    assert can_sign == [True, False], can_sign


def role_can_sign(stack: Stack, role: str) -> bool:
    """Whether a session of the role can sign if a policy of the role allows it."""
    iam = stack.emulator.client("iam")
    name = stack.id(role)
    description = iam.get_role(RoleName=name)["Role"]
    account = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": description["Arn"].split(":")[4]}}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [account]})
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=trust)
    sts = stack.emulator.client("sts")
    session = sts.assume_role(RoleArn=description["Arn"], RoleSessionName="test")["Credentials"]
    kms = stack.emulator.client(
        "kms",
        aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"],
        aws_session_token=session["SessionToken"],
    )
    parameters = {"MessageType": "DIGEST", "SigningAlgorithm": "RSASSA_PKCS1_V1_5_SHA_256"}
    try:
        with stack.role_policy(role, "Allow", "kms:Sign"):
            kms.sign(KeyId=stack.id("AccessKey"), Message=bytes(32), **parameters)
    except ClientError as error:
        assert error.response["Error"]["Code"] == "AccessDeniedException", error
        return False
    finally:
        iam.update_assume_role_policy(
            RoleName=name, PolicyDocument=json.dumps(description["AssumeRolePolicyDocument"])
        )
    return True


def rotate(report: Report, stack: Stack, api: ApiClient) -> None:
    """Replaces the key of access tokens by one of another kind, as the runbook does, and sets the remaining options.

    The requests that are sent during the first two deployments are all accepted, and those of each deployment reach a new version.
    """
    kms = stack.emulator.client("kms")
    old = kms.describe_key(KeyId=stack.id("AccessKey"))["KeyMetadata"]["Arn"]
    policy = kms.get_key_policy(KeyId=old, PolicyName="default")["Policy"]
    new = kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec="ECC_NIST_P256", Policy=policy)["KeyMetadata"]["Arn"]
    for name, parameters, *expected in (
        ("additional key is published and does not sign", {"AdditionalAccessKeyArns": new}, 2, 200, "RS256"),
        ("new signing key signs", {"AccessSigningKeyArn": new, "AdditionalAccessKeyArns": old}, 2, 200, "ES256"),
        ("tokens of a removed key are unauthenticated", {"AdditionalAccessKeyArns": ""}, 1, 401, "ES256"),
    ):
        before = stack.authorizer_version
        with Load(api, "admins") as load:
            stack.set_parameters(**parameters, **OPERATION_OPTIONS)
        assert stack.url == api.address
        report.check(name, lambda: check_keys(stack, api, *expected))
        report.check(f"{name}: alias moves to another version", lambda: [before] if stack.authorizer_version == before else [])
        if expected[1] == 200:
            report.check(f"{name}: no request is refused", lambda: refused(load))


def refused(load: Load) -> list[str]:
    """The statuses other than 200."""
    print(f"        {load.statuses.total()} requests during the deployment", flush=True)
    assert load.statuses[200] > 0
    return [f"{status}: {count}" for status, count in load.statuses.items() if status != 200]


def check_keys(stack: Stack, api: ApiClient, key_count: int, old_status: int, algorithm: str) -> None:
    """Checks the number of published keys, the status of an old token and the algorithm of a new one."""
    _, _, text = api.send("GET", f"{TOKENS}/.well-known/jwks.json", "")
    old, _, _ = api.send("GET", f"{TOKENS}/self", "admins")
    keys = json.loads(text)["keys"]
    assert (len(keys), old) == (key_count, old_status), (len(keys), old)
    create_token(api, "owner", algorithm)
    verify(stack, api, "", algorithm, algorithm)
    new, _, _ = api.send("GET", f"{TOKENS}/self", algorithm)
    assert new == 200, new


def delete(report: Report, stack: Stack) -> None:
    table = stack.id("Table")
    keys = [stack.id(name) for name in ("AccessKey", "PublicKey")]
    dynamodb = stack.emulator.client("dynamodb")
    kms = stack.emulator.client("kms")

    def retained_resources_remain() -> None:
        stack.delete()
        assert stack.emulator.client("lambda").list_functions()["Functions"] == []
        assert dynamodb.describe_table(TableName=table)["Table"]["ItemCount"] > 0
        assert all(kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Enabled" for key in keys)

    report.check("table and keys remain after the stack is deleted", retained_resources_remain)
