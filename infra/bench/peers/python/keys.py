"""The keys that sign, in KMS: their public halves are read once, when the function starts."""

import hashlib
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import load_der_public_key
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from jwt.utils import base64url_encode

from aws import kms

ALGORITHMS = {"RSA_2048": "RS256", "RSA_3072": "RS256", "RSA_4096": "RS256", "ECC_NIST_P256": "ES256"}
KMS_NAMES = {"RS256": "RSASSA_PKCS1_V1_5_SHA_256", "ES256": "ECDSA_SHA_256"}
OUT_OF_USE = {"DisabledException", "KMSInvalidStateException", "NotFoundException"}
# The members of a key that its thumbprint is over (RFC 7638, section 3.2).
REQUIRED = {"RS256": ("e", "kty", "n"), "ES256": ("crv", "kty", "x", "y")}


@dataclass(frozen=True)
class Key:
    arn: str
    alg: str
    kid: str
    public: RSAPublicKey | EllipticCurvePublicKey
    # How many bytes its signatures have.
    size: int


@dataclass(frozen=True)
class Family:
    ring: dict[str, Key]
    signing: Key | None


def _load(arn: str) -> Key | None:
    try:
        answer = kms.get_public_key(KeyId=arn)
    except ClientError as error:
        if error.response["Error"]["Code"] not in OUT_OF_USE:
            raise
        print(f"the key {arn} is disabled, pending deletion or deleted; it is not used", file=sys.stderr)
        return None
    alg, public = ALGORITHMS[answer["KeySpec"]], load_der_public_key(answer["PublicKey"])
    library = RSAAlgorithm if alg == "RS256" else ECAlgorithm
    jwk = library.to_jwk(public, as_dict=True)
    members = json.dumps({name: jwk[name] for name in REQUIRED[alg]}, separators=(",", ":"))
    kid = base64url_encode(hashlib.sha256(members.encode()).digest()).decode()
    return Key(arn, alg, kid, public, public.key_size // 8 if alg == "RS256" else 64)


def _family(arns: list[str], keys: list[Key | None]) -> Family:
    loaded = [key for key in keys if key]
    if not loaded:
        raise RuntimeError("no key of the family is in use")
    return Family({key.kid: key for key in loaded}, next((key for key in loaded if key.arn == arns[0]), None))


def load_keys() -> dict[str, Family]:
    """Each family's keys; all are asked for at once."""
    named = (os.environ["ACCESS_KEYS"], os.environ["PUBLIC_KEYS"])
    access, public = ([arn.strip() for arn in names.split(",") if arn.strip()] for names in named)
    with ThreadPoolExecutor() as pool:
        keys = list(pool.map(_load, access + public))
    return {"access": _family(access, keys[: len(access)]), "public": _family(public, keys[len(access) :])}


def sign(key: Key, text: bytes) -> bytes:
    """The signature over SHA-256 of `text`, in the form that JOSE wants (RFC 7518, section 3)."""
    digest = hashlib.sha256(text).digest()
    answer = kms.sign(KeyId=key.arn, Message=digest, MessageType="DIGEST", SigningAlgorithm=KMS_NAMES[key.alg])
    if answer["KeyId"] != key.arn:
        raise RuntimeError("another key has signed")
    if key.alg == "RS256":
        return answer["Signature"]
    return b"".join(integer.to_bytes(32) for integer in decode_dss_signature(answer["Signature"]))
