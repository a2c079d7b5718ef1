"""Verifies each token of the standard input with PyJWT and writes one line of JSON: the error, or null if it is accepted."""

import json
import sys

import jwt

REQUIRED = ["iss", "sub", "aud", "jti", "client_id", "iat", "token_use", "token_id", "token_type", "org_id"]


def verification_error(token: str, keys: jwt.PyJWKSet, issuer: str, audience: str) -> str | None:
    try:
        header = jwt.get_unverified_header(token)
        # PyJWT does not check the type (RFC 9068, section 4; RFC 7515, section 4.1.9).
        if str(header.get("typ")).lower().removeprefix("application/") != "at+jwt":
            return "typ"
        key = keys[header.get("kid")]
        # `iat` in the future is not a reason to reject a token (RFC 7519, section 4.1.6).
        options = {"require": REQUIRED, "verify_iat": False}
        jwt.decode(token, key, algorithms=[key.algorithm_name], issuer=issuer, audience=audience, options=options)
    except (jwt.PyJWTError, KeyError) as error:
        return f"{type(error).__name__}: {error}"
    except Exception as error:
        # A library that fails does not accept the token.
        return f"unexpected error: {type(error).__name__}"
    return None


def may_verify(jwk: dict) -> bool:
    """RFC 7517, sections 4.2 and 4.3, which PyJWT does not apply."""
    return jwk.get("use", "sig") == "sig" and "verify" in jwk.get("key_ops", ["verify"])


def user_verification_error(token: str, jwks: dict, issuer: str, audience: str) -> str | None:
    """Tries each key that fits the header; without `kid`, exactly one must fit (OpenID Connect Core 1.0, section 10.1)."""
    error = "no key fits"
    try:
        header = jwt.get_unverified_header(token)
        kid = header.get("kid")
        keys = [jwt.PyJWK(jwk) for jwk in jwks["keys"] if may_verify(jwk) and kid in (None, jwk.get("kid"))]
        keys = [key for key in keys if key.algorithm_name == header.get("alg")]
        if kid is None and len(keys) != 1:
            return f"{len(keys)} keys fit"
        options = {"require": ["iss", "sub", "aud", "exp"], "verify_iat": False, "verify_jti": False}
        for key in keys:
            try:
                jwt.decode(token, key, [key.algorithm_name], options, issuer=issuer, audience=audience, leeway=60)
                return None
            except jwt.InvalidSignatureError:
                error = "signature"
    except jwt.PyJWTError as failure:
        return f"{type(failure).__name__}: {failure}"
    except Exception as failure:
        return f"unexpected error: {type(failure).__name__}"
    return error


configuration, *tokens = map(json.loads, sys.stdin)
own, user = configuration["own"], configuration["user"]
own_keys = jwt.PyJWKSet.from_dict(own["jwks"])
for line in tokens:
    if line["verifier"] == "user":
        error = user_verification_error(line["token"], user["jwks"], user["issuer"], user["audience"])
    else:
        error = verification_error(line["token"], own_keys, own["issuer"], own["audience"])
    print(json.dumps(error))
