"""An OpenID Connect provider on this machine and the tokens of its users."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

NAME = "people"
AUDIENCE = "latchkey-deployed"
KEY_ID = "1"

# The claims of each user. The roles of users without the claim `roles` are assigned in the table.
USERS = {
    "owner": {"org_id": "123", "roles": ["owner"]},
    "viewer": {"org_id": "123", "roles": ["viewer"]},
    "developer": {"org_id": "123", "roles": ["developer"]},
    "admin": {"org_id": "123"},
    "applied": {"org_id": "123"},
    "other_org": {"org_id": "456", "roles": ["owner"]},
    "expired": {"org_id": "123", "roles": ["owner"], "iat": 1_700_000_000, "exp": 1_700_003_600},
    "other_audience": {"org_id": "123", "roles": ["owner"], "aud": "another"},
}
# The owner, whose token is signed with an unknown key.
FORGED = "forged"

# What the table contains initially. `latchkey apply` makes the user `applied` an owner.
OWNER = {"org": "123", "principal": f"{NAME}|applied", "roles": ["123:owner"]}
SEED = {
    "roles": [
        {"id": "123:viewer", "name": "Viewer", "grants": [{"action": "*:view"}]},
        {"id": "123:developer", "name": "Developer", "grants": [{"action": "token:self"}]},
        {"id": "123:token_admin", "name": "Token administrator", "grants": [{"action": "token:create"}]},
    ],
    "assignments": [{"org": "123", "principal": f"{NAME}|admin", "roles": ["123:token_admin"]}],
}


class IdentityProvider:
    """Context manager that serves the provider's discovery document and keys."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(65537, 2048)
        self.unknown_key = rsa.generate_private_key(65537, 2048)
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> "IdentityProvider":
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        self.server.shutdown()
        self.server.server_close()

    @property
    def configuration(self) -> str:
        """The value of the parameter `IdentityProviders`."""
        provider = {"name": NAME, "issuer": self.issuer, "audience": AUDIENCE, "organizations": "*"}
        roles = {"roles_claim": "roles", "assigned_without_claim": True, "owner_from_claim": True}
        return json.dumps([provider | roles])

    def token(self, user: str) -> str:
        now = int(time.time())
        claims = {"iss": self.issuer, "sub": user, "aud": AUDIENCE, "iat": now, "exp": now + 3600}
        claims |= USERS["owner" if user == FORGED else user]
        key = self.unknown_key if user == FORGED else self.key
        return jwt.encode(claims, key, algorithm="RS256", headers={"kid": KEY_ID})

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
