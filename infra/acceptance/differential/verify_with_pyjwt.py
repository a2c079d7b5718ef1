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


configuration, *tokens = map(json.loads, sys.stdin)
keys = jwt.PyJWKSet.from_dict(configuration["jwks"])
for line in tokens:
    print(json.dumps(verification_error(line["token"], keys, configuration["issuer"], configuration["audience"])))
