"""Items in DynamoDB and the signing key in KMS."""

import hashlib
import json
import os
import time
from collections.abc import Iterable
from typing import NamedTuple

import boto3
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.config import Config
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key
from jwt.algorithms import RSAAlgorithm
from jwt.utils import base64url_encode

SETTINGS = Config(connect_timeout=0.5, read_timeout=1, retries={"mode": "standard", "total_max_attempts": 3})
TABLE = os.environ["TABLE_NAME"]
session = boto3.Session(region_name=os.environ["AWS_REGION"])
kms = session.client("kms", config=SETTINGS)
dynamodb = session.client("dynamodb", config=SETTINGS)
_deserialize, _serialize = TypeDeserializer().deserialize, TypeSerializer().serialize

# Partition and sort key of an item.
Key = tuple[str, str]


class SigningKey(NamedTuple):
    kid: str
    public: RSAPublicKey


def token_key(token_id: str) -> Key:
    return f"TOKEN#{token_id[-21:]}", "TOKEN"


def role_key(role: str) -> Key:
    org, name = role.split(":")
    return f"ORG#{org}", f"ROLE#{name}"


def serialize(item: dict) -> dict:
    return {name: _serialize(value) for name, value in item.items()}


def read_items(keys: Iterable[Key]) -> dict[Key, dict]:
    """Reads items consistently in one batch; unprocessed keys are retried."""
    items, delay = {}, 0.02
    remaining = [serialize({"pk": pk, "sk": sk}) for pk, sk in keys]
    while delay < 2:
        response = dynamodb.batch_get_item(RequestItems={TABLE: {"Keys": remaining, "ConsistentRead": True}})
        for item in response["Responses"].get(TABLE, []):
            items[item["pk"]["S"], item["sk"]["S"]] = {name: _deserialize(value) for name, value in item.items()}
        remaining = response.get("UnprocessedKeys", {}).get(TABLE, {}).get("Keys")
        if not remaining:
            return items
        time.sleep(delay)
        delay *= 2
    raise RuntimeError("keys remained unprocessed")


def load_key() -> SigningKey:
    """Loads the key that signs access tokens."""
    arn = os.environ["ACCESS_KEYS"].split(",")[0].strip()
    public = load_der_public_key(kms.get_public_key(KeyId=arn)["PublicKey"])
    jwk = RSAAlgorithm.to_jwk(public, as_dict=True)
    # The thumbprint (RFC 7638).
    members = json.dumps({name: jwk[name] for name in ("e", "kty", "n")}, separators=(",", ":"))
    return SigningKey(base64url_encode(hashlib.sha256(members.encode()).digest()).decode(), public)
