"""Says of each token on the standard input why PyJWT refuses it, a JSON text a line; null where it accepts."""

import json
import sys

import jwt

REQUIRED = ["iss", "sub", "aud", "jti", "client_id", "iat", "token_use", "token_id", "token_type", "org_id"]


def judge(token: str, keys: jwt.PyJWKSet, issuer: str, audience: str) -> str | None:
    try:
        header = jwt.get_unverified_header(token)
        # PyJWT leaves the type to its caller (RFC 9068, section 4; RFC 7515, section 4.1.9).
        if str(header.get("typ")).lower().removeprefix("application/") != "at+jwt":
            return "typ"
        key = keys[header.get("kid")]
        # A time of issue that lies ahead is no reason to refuse (RFC 7519, section 4.1.6).
        options = {"require": REQUIRED, "verify_iat": False}
        jwt.decode(token, key, algorithms=[key.algorithm_name], issuer=issuer, audience=audience, options=options)
    except (jwt.PyJWTError, KeyError) as refusal:
        return f"{type(refusal).__name__}: {refusal}"
    except Exception as failure:  # A library that breaks does not accept.
        return f"broken: {type(failure).__name__}"
    return None


with_what, *tokens = map(json.loads, sys.stdin)
keys = jwt.PyJWKSet.from_dict(with_what["jwks"])
for line in tokens:
    print(json.dumps(judge(line["token"], keys, with_what["issuer"], with_what["audience"])))
