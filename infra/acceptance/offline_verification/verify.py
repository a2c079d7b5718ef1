"""Creates a token and verifies it with PyJWT, with the keys that the discovery document names. Argument: the algorithm."""

import json
import os
import sys
import urllib.request

import jwt


def fetch(url: str, **request) -> dict:
    with urllib.request.urlopen(urllib.request.Request(url, **request), timeout=30) as response:
        return json.load(response)


def main(algorithm: str) -> None:
    url = os.environ["LATCHKEY_URL"]
    headers = {"Authorization": f"Bearer {os.environ['LATCHKEY_TOKEN']}", "Content-Type": "application/json"}
    body = json.dumps({"name": "Token for my application"}).encode()
    item = fetch(f"{url}/v1/access-tokens", data=body, headers=headers)

    metadata = fetch(f"{url}/v1/access-tokens/.well-known/openid-configuration")
    key = jwt.PyJWKClient(metadata["jwks_uri"]).get_signing_key_from_jwt(item["token"])
    expected = {"algorithms": [algorithm], "audience": url, "issuer": metadata["issuer"]}
    claims = jwt.decode(item["token"], key, options={"require": ["iss", "sub", "aud", "iat", "jti"]}, **expected)
    assert claims["sub"] == item["id"], claims
    assert claims["assume_roles"] == item["assignments"] == ["123:owner"], claims
    try:
        jwt.decode(item["token"][:-8] + "AAAAAAAA", key, **expected)
    except jwt.InvalidSignatureError:
        print(f"PyJWT {jwt.__version__} verifies an {algorithm} token and rejects a changed signature")
    else:
        sys.exit("PyJWT verified a changed signature")


if __name__ == "__main__":
    main(sys.argv[1])
