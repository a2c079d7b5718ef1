"""An identity provider: its documents over HTTP on this machine, and the tokens of its people."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

NAME = "people"
AUDIENCE = "latchkey-deployed"
KEY_ID = "1"

# Who there is, by the claims of each. Roles that no claim names are assigned in the ledger.
PEOPLE = {
    "owner": {"org_id": "123", "roles": ["owner"]},
    "viewer": {"org_id": "123", "roles": ["viewer"]},
    "admin": {"org_id": "123"},
    "applied": {"org_id": "123"},
    "stranger": {"org_id": "456", "roles": ["owner"]},
    "late": {"org_id": "123", "roles": ["owner"], "iat": 1_700_000_000, "exp": 1_700_003_600},
    "elsewhere": {"org_id": "123", "roles": ["owner"], "aud": "another"},
}

# What is written into the ledger. `applied` becomes an owner by a command.
OWNER = {"org": "123", "principal": f"{NAME}|applied", "roles": ["123:owner"]}
SETUP = {
    "roles": [
        {"id": "123:viewer", "name": "Viewer", "grants": [{"action": "*:view"}]},
        {"id": "123:token_admin", "name": "Token administrator", "grants": [{"action": "token:create"}]},
    ],
    "assignments": [{"org": "123", "principal": f"{NAME}|admin", "roles": ["123:token_admin"]}],
}


class Provider:
    """An OpenID Connect issuer that listens as long as the context lasts."""

    def __init__(self) -> None:
        self.key, self.stranger = (rsa.generate_private_key(65537, 2048) for _ in range(2))
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> "Provider":
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        self.server.shutdown()
        self.server.server_close()

    @property
    def configuration(self) -> str:
        """The value of the template's parameter."""
        known = {"name": NAME, "issuer": self.issuer, "audience": AUDIENCE, "organizations": "*"}
        roles = {"roles_claim": "roles", "assigned_without_claim": True, "owner_from_claim": True}
        return json.dumps([known | roles])

    def token(self, person: str) -> str:
        """The token of a person; that of `forger` is the owner's, signed with another key."""
        now = int(time.time())
        claims = {"iss": self.issuer, "sub": person, "aud": AUDIENCE, "iat": now, "exp": now + 3600}
        forged = person == "forger"
        claims |= PEOPLE["owner" if forged else person]
        return jwt.encode(claims, self.stranger if forged else self.key, algorithm="RS256", headers={"kid": KEY_ID})

    def documents(self) -> dict:
        jwk = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return {
            "/.well-known/openid-configuration": {"issuer": self.issuer, "jwks_uri": f"{self.issuer}/keys"},
            "/keys": {"keys": [jwk | {"kid": KEY_ID, "use": "sig", "alg": "RS256"}]},
        }

    def handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                document = provider.documents().get(self.path)
                self.send_response(200 if document else 404)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(json.dumps(document).encode())

            def log_message(self, *_) -> None:
                pass

        return Handler
