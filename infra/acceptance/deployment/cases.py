"""Requests that are sent to both APIs in this order. A case may depend on earlier ones."""

from dataclasses import dataclass, field

TOKENS = "/v1/access-tokens"
UNKNOWN_ID = "api_AAAAAAAAAAAAAAAAAAAAA"


@dataclass(frozen=True)
class Case:
    """A request and the expected response."""

    name: str
    # Method and path; `<first>` stands for the id of the item `first`.
    request: str
    # A user, an item or any other bearer token; empty for a request without a credential.
    credential: str
    status: int
    # The `code` of an error response.
    code: str = ""
    # A JSON value, or a text that is sent unchanged.
    body: object = None
    headers: dict = field(default_factory=dict)
    # The name of the created item in later cases.
    keep_as: str = ""
    # Compares only the number of listed tokens: tokens created within one second have no defined order.
    count_only: bool = False


def create(
    name: str, credential: str, status: int, code: str = "", /, *, keep_as: str = "", headers: dict = {}, **body
) -> Case:
    return Case(name, f"POST {TOKENS}", credential, status, code, {"name": "A token"} | body, headers, keep_as)


def get(name: str, path: str, credential: str, status: int, code: str = "", /, **headers: str) -> Case:
    return Case(name, f"GET {path}", credential, status, code, headers=headers)


PUBLIC_ROUTES = [
    get("JWK set is public", f"{TOKENS}/.well-known/jwks.json", "", 200),
    get("discovery document is public", f"{TOKENS}/.well-known/openid-configuration", "", 200),
    get("JWK set of public tokens is public", f"{TOKENS}/public/.well-known/jwks.json", "", 200),
    get("discovery document of public tokens is public", f"{TOKENS}/public/.well-known/openid-configuration", "", 200),
    get("OpenAPI document is public", "/v1/openapi.json", "", 200),
    get("public route ignores an expired token", f"{TOKENS}/.well-known/jwks.json", "expired", 200),
    get("public route ignores an invalid token", f"{TOKENS}/.well-known/jwks.json", "x", 200),
    get("token page is public", "/tokens", "", 200),
    get("documentation is public", "/docs", "", 200),
    get("root redirects to the token page", "/", "", 302),
    get("unknown asset is not found", "/assets/tokens-0.js", "", 404, "not_found"),
]

HEAD = [
    Case(f"HEAD of {path} is public", f"HEAD {path}", "", status)
    for path, status in (
        (f"{TOKENS}/.well-known/jwks.json", 200),
        (f"{TOKENS}/.well-known/openid-configuration", 200),
        (f"{TOKENS}/public/.well-known/jwks.json", 200),
        (f"{TOKENS}/public/.well-known/openid-configuration", 200),
        ("/v1/openapi.json", 200),
        ("/tokens", 200),
        ("/docs", 200),
        ("/", 302),
        ("/assets/tokens-0.js", 404),
    )
]
HEAD += [Case("HEAD of a route with the authorizer is not found", f"HEAD {TOKENS}", "owner", 404)]

ORIGIN = {"Origin": "https://page.example"}
PREFLIGHT = ORIGIN | {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}

CORS = [
    Case("preflight request needs no credential", f"OPTIONS {TOKENS}", "", 200, headers=PREFLIGHT),
    Case("preflight request of an item", f"OPTIONS {TOKENS}/{UNKNOWN_ID}", "", 200, headers=PREFLIGHT),
    Case("allowed origin reads a response", f"GET {TOKENS}/.well-known/jwks.json", "", 200, headers=ORIGIN),
    Case("allowed origin reads a gateway response", f"GET {TOKENS}", "", 401, "unauthenticated", headers=ORIGIN),
    Case("allowed origin reads an error response", f"GET {TOKENS}/x", "owner", 404, "not_found", headers=ORIGIN),
]

USERS = [
    get("list without tokens is empty", TOKENS, "owner", 200),
    create("owner by claim creates a token", "owner", 201, keep_as="first"),
    create("assigned administrator creates a token", "admin", 201, keep_as="admins", expires_in="1h"),
    create("owner by `latchkey apply` creates a token", "applied", 201, keep_as="applieds"),
    create("token has the requested role", "owner", 201, keep_as="viewing", assignments=["123:viewer"]),
    create("token can be read-only", "owner", 201, keep_as="reading", read_only=True),
    create("system token expires without `expires_in`", "owner", 201, keep_as="assumed", token_type="assume"),
    create("public token has a journey", "owner", 201, keep_as="journey", token_type="journey", journey_id="j1"),
    get("administrator reads their roles", "/v1/permissions/me", "admin", 200),
    get("viewer reads their roles", "/v1/permissions/me", "viewer", 200),
    get("user token has no item `self`", f"{TOKENS}/self", "owner", 404, "not_found"),
]

TOKEN = [
    get("token lists tokens", TOKENS, "first", 200),
    get("list is filtered by type", f"{TOKENS}?token_type=journey,portal", "first", 200),
    get("filter with indexes is equivalent", f"{TOKENS}?token_type[0]=journey&token_type[1]=assume", "first", 200),
    get("filter with brackets is equivalent", f"{TOKENS}?token_type[]=journey&token_type[]=assume", "first", 200),
    get("list is filtered by creator", f"{TOKENS}?created_by=people%7Cadmin", "first", 200),
    Case("page links to the next one", f"GET {TOKENS}?limit=2", "first", 200, count_only=True),
    get("token reads another token", f"{TOKENS}/<admins>", "first", 200),
    get("token reads itself", f"{TOKENS}/self", "first", 200),
    get("token of a viewer lists tokens", TOKENS, "viewing", 200),
    get("token of a viewer reads itself", f"{TOKENS}/<viewing>", "viewing", 200),
    get("read-only token lists tokens", TOKENS, "reading", 200),
    get("read-only token reads itself", f"{TOKENS}/self", "reading", 200),
    get("token reads its roles", "/v1/permissions/me", "first", 200),
    get("other media type in `Accept` is ignored", TOKENS, "first", 200, Accept="application/large-response.vnd+json"),
    create("token creates a child", "first", 201, keep_as="child"),
    get("child lists tokens", TOKENS, "child", 200),
]

OWN_TOKENS = [
    create("developer creates a token", "developer", 201, keep_as="developers"),
    get("developer lists own tokens", TOKENS, "developer", 200),
    get("developer reads an own token", f"{TOKENS}/<developers>", "developer", 200),
    get("developer does not find a token of another", f"{TOKENS}/<first>", "developer", 404, "not_found"),
    Case("developer does not revoke a token of another", f"DELETE {TOKENS}/<first>", "developer", 404, "not_found"),
    create("developer cannot create a public token", "developer", 403, "permission_denied", journey_id="j1"),
]

RESTRICTIONS = [
    create(
        "token can be limited to grants", "developer", 201, keep_as="developers_limited", grants=[{"action": "order:view"}]
    ),
    get("token with grants reads itself", f"{TOKENS}/self", "developers_limited", 200),
    create("grant cannot deny", "owner", 400, "invalid_request", grants=[{"action": "a", "effect": "deny"}]),
    create("token can be bound to networks", "owner", 201, keep_as="elsewhere", allowed_cidrs=["198.51.100.0/24"]),
    get("token is denied outside of its networks", f"{TOKENS}/self", "elsewhere", 403, "address_not_allowed"),
    create("network has no host bits", "owner", 400, "invalid_request", allowed_cidrs=["198.51.100.7/24"]),
]

ME = "/v1/permissions/me"
SIMULATE = "POST /v1/permissions/simulate"
SIMULATION = {"assignments": ["123:viewer"], "action": "order:edit"}

BULK_REVOCATION = [
    Case("owner revokes the tokens of a creator", f"POST {TOKENS}/revoke", "owner", 200, body={"created_by": "people|absent"}),
    Case("viewer cannot revoke many", f"POST {TOKENS}/revoke", "viewer", 403, "permission_denied", {"all": True}),
]

DECISIONS = [
    get("decision on an action of a viewer", f"{ME}?action=order:edit&resource=order/7", "viewer", 200),
    get("decision on an action of a token with grants", f"{ME}?action=order:view", "developers_limited", 200),
    Case("decision for a token that does not exist", SIMULATE, "owner", 200, body=SIMULATION),
    Case("simulated role must be held", SIMULATE, "developer", 403, "role_not_held", SIMULATION),
]

ROLES = "/v1/permissions/roles"
CLERK = {"name": "Clerk", "grants": [{"action": "order:*"}]}
# `people|clerk` in the form that a path can contain.
ASSIGNMENT = "/v1/permissions/assignments/~cGVvcGxlfGNsZXJr"

ROLE_MANAGEMENT = [
    Case("owner stores a role", f"PUT {ROLES}/123:clerk", "owner", 200, body=CLERK),
    get("owner reads a role", f"{ROLES}/123:clerk", "owner", 200),
    get("owner lists roles", ROLES, "owner", 200),
    Case("owner assigns a role", f"PUT {ASSIGNMENT}", "owner", 200, body=["123:clerk"]),
    get("owner reads assigned roles", ASSIGNMENT, "owner", 200),
    Case("owner takes a role", f"DELETE {ASSIGNMENT}/123:clerk", "owner", 200),
    Case("owner deletes a role", f"DELETE {ROLES}/123:clerk", "owner", 200),
    get("deleted role is not found", f"{ROLES}/123:clerk", "owner", 404, "not_found"),
    Case("root role is the operator's", f"PUT {ROLES}/123:root", "owner", 403, "permission_denied", CLERK),
    get("administrator of tokens cannot list roles", ROLES, "admin", 403, "permission_denied"),
    get("token of an owner cannot list roles", ROLES, "first", 403, "permission_denied"),
]

INVALID_REQUESTS = [
    Case("body must be JSON", f"POST {TOKENS}", "owner", 400, "invalid_request", "name=x"),
    Case("bulk revocation requires a filter", f"POST {TOKENS}/revoke", "owner", 400, "invalid_request", {}),
    Case("body must not be empty", f"POST {TOKENS}", "owner", 400, "invalid_request", ""),
    Case("body must be an object", f"POST {TOKENS}", "owner", 400, "invalid_request", []),
    Case("name is required", f"POST {TOKENS}", "owner", 400, "invalid_request", {}),
    create("unknown member is rejected", "owner", 400, "invalid_request", scopes=[]),
    create("lifetime has a maximum", "owner", 400, "invalid_request", expires_in="366d"),
    create("role must name its organization", "owner", 400, "invalid_request", assignments=["owner"]),
    create("name can be in any script", "owner", 201, keep_as="scripts", name="Schlüssel für 東京 🔑"),
    get("unknown type in a filter is rejected", f"{TOKENS}?token_type=admin", "owner", 400, "invalid_request"),
    get("other spelling of a filter is rejected", f"{TOKENS}?Token_Type=app", "owner", 400, "invalid_request"),
    get("forged cursor is rejected", f"{TOKENS}?cursor=AAAA", "owner", 400, "invalid_request"),
    create("media type must be JSON", "owner", 415, "unsupported_media_type", headers={"Content-Type": "text/plain"}),
    create("body has at most 16 KiB", "owner", 413, "too_large", journey_id="x" * 17_000),
]

UNAUTHENTICATED = [
    get("missing credential is unauthenticated", TOKENS, "", 401, "unauthenticated"),
    get("invalid token is unauthenticated", TOKENS, "x", 401, "unauthenticated"),
    get("other scheme is unauthenticated", TOKENS, "", 401, "unauthenticated", Authorization="Basic eDp4"),
    get("user token with unknown key is unauthenticated", TOKENS, "forged", 401, "unauthenticated"),
    get("expired user token is unauthenticated", TOKENS, "expired", 401, "unauthenticated"),
    get("user token for another audience is unauthenticated", TOKENS, "other_audience", 401, "unauthenticated"),
    create("create without a credential is unauthenticated", "", 401, "unauthenticated"),
    Case("revoke without a credential is unauthenticated", f"DELETE {TOKENS}/<first>", "", 401, "unauthenticated"),
]

OTHER_ORG = {"x-epilot-org-id": "456"}

FORBIDDEN = [
    create("viewer cannot create a token", "viewer", 403, "permission_denied"),
    get("token without permissions cannot list", TOKENS, "developers_limited", 403, "permission_denied"),
    create("read-only token cannot create a token", "reading", 403, "read_only_token"),
    get("public token has no permission", TOKENS, "journey", 403, "permission_denied"),
    create("role that the user lacks is denied", "admin", 403, "role_not_held", assignments=["123:owner"]),
    create("role of another organization is denied", "owner", 403, "role_not_held", assignments=["456:owner"]),
    create("child cannot create a token", "child", 403, "too_deep"),
    create("child cannot outlive its parent", "admins", 403, "lifetime_exceeds_parent", expires_in="2h"),
    get("user of another organization is denied", TOKENS, "owner", 403, "permission_denied", **OTHER_ORG),
    get("token for another organization is denied", TOKENS, "first", 403, "permission_denied", **OTHER_ORG),
    get("own organization can be named", TOKENS, "first", 200, **{"x-epilot-org-id": "123"}),
]

NOT_FOUND = [
    get("unknown id is not found", f"{TOKENS}/{UNKNOWN_ID}", "owner", 404, "not_found"),
    get("malformed id is not found", f"{TOKENS}/x", "owner", 404, "not_found"),
    get("malformed id with reserved characters is not found", f"{TOKENS}/a@b:c", "owner", 404, "not_found"),
    get("token of another organization is not found", f"{TOKENS}/<first>", "other_org", 404, "not_found"),
    Case("token of another organization is not revoked", f"DELETE {TOKENS}/<first>", "other_org", 404, "not_found"),
    get("list of another organization is separate", TOKENS, "other_org", 200),
    get("unknown path is not found", "/v1/nothing", "owner", 404, "not_found"),
    get("unknown path without a credential is not found", "/v1/nothing", "", 404, "not_found"),
    Case("unknown method is not found", f"PUT {TOKENS}", "owner", 404, "not_found", {}),
    get("trailing slash is not found", f"{TOKENS}/", "owner", 404, "not_found"),
    get("encoded dot segment is denied", f"{TOKENS}/%2e%2e", "owner", 403, "permission_denied"),
    get("id with a star is denied", f"{TOKENS}/*", "owner", 403, "permission_denied"),
]

KEY = {"Idempotency-Key": "k1"}

IDEMPOTENCY = [
    create("create with an idempotency key", "owner", 201, keep_as="once", headers=KEY),
    create("same key returns the same token", "owner", 201, headers={"Idempotency-Key": '"k1"'}),
    create("same key with another body is rejected", "owner", 422, "idempotency_mismatch", name="B", headers=KEY),
    Case("administrator revokes a token", f"DELETE {TOKENS}/<once>", "admin", 200),
    create("key of a revoked token is rejected", "owner", 409, "idempotency_conflict", headers=KEY),
]

REVOCATION = [
    Case("token without permissions revokes itself", f"DELETE {TOKENS}/self", "viewing", 200),
    get("revoked token is unauthenticated", f"{TOKENS}/self", "viewing", 401, "unauthenticated"),
    Case("owner revokes a parent", f"DELETE {TOKENS}/<first>", "owner", 200),
    get("revoked parent is unauthenticated", TOKENS, "first", 401, "unauthenticated"),
    get("child of a revoked parent is unauthenticated", TOKENS, "child", 401, "unauthenticated"),
    Case("revoking again succeeds", f"DELETE {TOKENS}/<first>", "owner", 200),
    get("revoked token can be read", f"{TOKENS}/<first>", "owner", 200),
    get("revoked token is not listed", TOKENS, "owner", 200),
    get("other tokens remain active", TOKENS, "admins", 200),
]

CASES = PUBLIC_ROUTES + HEAD + CORS + USERS + TOKEN + OWN_TOKENS + RESTRICTIONS + DECISIONS + BULK_REVOCATION + ROLE_MANAGEMENT
CASES += INVALID_REQUESTS + UNAUTHENTICATED
CASES += FORBIDDEN + NOT_FOUND + IDEMPOTENCY + REVOCATION
