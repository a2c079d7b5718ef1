"""Tokens of a local stack: those that its API creates, and others that its keys sign."""

import base64
import hashlib
import json
import os
import shlex
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from recipes import ISSUER_PATHS

URL = os.environ["LATCHKEY_URL"]
DATA = Path(os.environ["LATCHKEY_DATA"])
# The request of a token of each family.
BODIES = {
    "access": {"name": "Token for my application", "assignments": ["123:viewer"]},
    "public": {"name": "Token for my journey", "token_type": "journey", "journey_id": "7"},
}
HOUR = 3600


def fetch(url: str, **request) -> dict:
    with urllib.request.urlopen(urllib.request.Request(url, **request), timeout=30) as response:
        return json.load(response)


def create(family: str, **members) -> str:
    """Creates a token by the API."""
    headers = {"Authorization": f"Bearer {os.environ['LATCHKEY_TOKEN']}", "Content-Type": "application/json"}
    body = json.dumps(BODIES[family] | members).encode()
    return fetch(f"{URL}/v1/access-tokens", data=body, headers=headers)["token"]


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def sign(header: dict, claims: dict, family: str, algorithm: str) -> str:
    """A token of this header and these claims, signed with the key of the family in the stack's KMS."""
    text = ".".join(encode(json.dumps(part).encode()) for part in (header, claims))
    signature = sign_with_kms(text.encode(), key_of(family), algorithm)
    return f"{text}.{encode(signature if algorithm == 'RS256' else raw_signature(signature))}"


def sign_with_kms(message: bytes, key: str, algorithm: str) -> bytes:
    names = {"RS256": "RSASSA_PKCS1_V1_5_SHA_256", "ES256": "ECDSA_SHA_256"}
    digest = base64.b64encode(hashlib.sha256(message).digest()).decode()
    body = {"KeyId": key, "Message": digest, "MessageType": "DIGEST", "SigningAlgorithm": names[algorithm]}
    # The emulator reads the access key id and does not verify the signature of the request.
    credential = "Credential=operator/20260101/us-east-1/kms/aws4_request"
    headers = {
        "Authorization": f"AWS4-HMAC-SHA256 {credential}, SignedHeaders=host, Signature=0",
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": "TrentService.Sign",
    }
    url = json.loads((DATA / "local.json").read_text())["kms_url"]
    return base64.b64decode(fetch(url, data=json.dumps(body).encode(), headers=headers)["Signature"])


def key_of(family: str) -> str:
    """The ARN of the family's key, from the environment of the functions."""
    variables = dict(line.split("=", 1) for line in shlex.split((DATA / "environment").read_text(), comments=True))
    return variables[f"{family.upper()}_KEYS"].split(",")[0]


def raw_signature(der: bytes) -> bytes:
    """The form of an ECDSA signature in a JWS (RFC 7518, section 3.4)."""
    return b"".join(number.to_bytes(32, "big") for number in decode_dss_signature(der))


class Forge:
    """Tokens that differ from a valid token of the family in one property."""

    def __init__(self, family: str) -> None:
        self.family = family
        self.valid = create(family, expires_in="1h")
        self.header = jwt.get_unverified_header(self.valid)
        self.claims = jwt.decode(self.valid, options={"verify_signature": False})
        self.algorithm = self.header["alg"]

    def with_header(self, **members) -> str:
        return sign(self.header | members, self.claims, self.family, self.algorithm)

    def with_claims(self, **claims) -> str:
        return sign(self.header, self.claims | claims, self.family, self.algorithm)

    def without_claim(self, name: str) -> str:
        claims = {claim: value for claim, value in self.claims.items() if claim != name}
        return sign(self.header, claims, self.family, self.algorithm)

    def rejected(self) -> dict[str, Callable[[], str]]:
        """The tokens that a recipe must reject, by the property that makes them invalid."""
        [other] = [name for name in ISSUER_PATHS if name != self.family]
        past = int(time.time()) - 2 * HOUR
        return {
            "changed signature": lambda: f"{self.valid[:-8]}AAAAAAAA",
            "other audience": lambda: self.with_claims(aud="https://other.example.com"),
            "other issuer": lambda: self.with_claims(iss=URL + ISSUER_PATHS[other]),
            "expired": lambda: self.with_claims(iat=past, exp=past + HOUR),
            "created without an expiry": lambda: create(self.family),
            "no `jti`": lambda: self.without_claim("jti"),
            "other family": lambda: create(other, expires_in="1h"),
            "other `typ`": lambda: self.with_header(typ="JWT"),
            "`alg` none": lambda: f"{encode(json.dumps(self.header | {'alg': 'none'}).encode())}.{self.valid.split('.')[1]}.",
            "other `alg`": lambda: self.with_header(alg="HS256"),
            "unknown `kid`": lambda: self.with_header(kid="unknown"),
            "not a JWT": lambda: "not-a-jwt",
        }
