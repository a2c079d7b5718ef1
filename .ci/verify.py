"""A token verifies offline with a library that is not ours, by the keys that discovery leads to; with either kind of key."""

import json
import signal
import subprocess
import sys
import urllib.request

import jwt


def fetch(url: str, **request) -> dict:
    with urllib.request.urlopen(urllib.request.Request(url, **request), timeout=30) as answer:
        return json.load(answer)


def check(key_spec: str, algorithm: str) -> None:
    arguments = ["cargo", "local", "--port", "0", "--ephemeral", "--set", f"KeySpec={key_spec}"]
    stack = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
    try:
        # The greeting holds the token of a person, and its last line where the service is.
        lines = []
        for line in stack.stdout:
            lines.append(line)
            if line.startswith("ready "):
                break
        base = lines[-1].split()[1]
        person = "".join(lines).split("Authorization: Bearer ")[1].split("'")[0]
        headers = {"Authorization": f"Bearer {person}", "Content-Type": "application/json"}
        body = json.dumps({"name": "Token for my application"}).encode()
        item = fetch(f"{base}/v1/access-tokens", data=body, headers=headers)

        metadata = fetch(f"{base}/v1/access-tokens/.well-known/openid-configuration")
        key = jwt.PyJWKClient(metadata["jwks_uri"]).get_signing_key_from_jwt(item["token"])
        options = {"require": ["iss", "sub", "aud", "iat", "jti"]}
        claims = jwt.decode(
            item["token"], key, algorithms=[algorithm], audience=base, issuer=metadata["issuer"], options=options
        )
        assert claims["sub"] == item["id"], claims
        assert claims["assume_roles"] == item["assignments"] == ["123:owner"], claims
        try:
            jwt.decode(item["token"][:-8] + "AAAAAAAA", key, algorithms=[algorithm], audience=base)
        except jwt.InvalidSignatureError:
            print(f"PyJWT {jwt.__version__}: a token of a {key_spec} key verifies, a changed one does not")
        else:
            sys.exit("a changed token was verified")
    finally:
        stack.send_signal(signal.SIGTERM)
        if stack.wait(timeout=30) != 0:
            sys.exit("the local stack did not stop well")


check("RSA_2048", "RS256")
check("ECC_NIST_P256", "ES256")
