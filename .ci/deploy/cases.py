"""What is asked of both, in this order: each case finds what those before it left."""

from dataclasses import dataclass, field

TOKENS = "/v1/access-tokens"
UNKNOWN = "api_AAAAAAAAAAAAAAAAAAAAA"


@dataclass(frozen=True)
class Case:
    """A request and what must be answered."""

    # What holds.
    rule: str
    # The method and the path; `<first>` stands for the id of the token of that name.
    request: str
    # The bearer: a person, a token of that name, any other text as it is; nobody where it is empty.
    who: str
    status: int
    # Of a refusal, its `code`.
    code: str = ""
    # A JSON value; text is sent as it is.
    body: object = None
    headers: dict = field(default_factory=dict)
    # What the new token is called from here on.
    keep: str = ""
    # Which tokens are on the page is chance: those of one second have no order of their own.
    counted: bool = False


def create(rule: str, who: str, status: int, code: str = "", /, *, keep: str = "", headers: dict = {}, **body) -> Case:
    return Case(rule, f"POST {TOKENS}", who, status, code, {"name": "A token"} | body, headers, keep)


def get(rule: str, path: str, who: str, status: int, code: str = "", /, **headers: str) -> Case:
    return Case(rule, f"GET {path}", who, status, code, headers=headers)


PUBLIC = [
    get("the keys are open to all", f"{TOKENS}/.well-known/jwks.json", "", 200),
    get("the discovery document is open to all", f"{TOKENS}/.well-known/openid-configuration", "", 200),
    get("the public family has keys of its own", f"{TOKENS}/public/.well-known/jwks.json", "", 200),
    get("the public family is an issuer of its own", f"{TOKENS}/public/.well-known/openid-configuration", "", 200),
    get("the contract is open to all", "/v1/openapi.json", "", 200),
    get("an open route ignores a credential that is expired", f"{TOKENS}/.well-known/jwks.json", "late", 200),
    get("an open route ignores what is no credential", f"{TOKENS}/.well-known/jwks.json", "x", 200),
]

BROWSER = [
    get("the token page is open to all", "/tokens", "", 200),
    get("the documentation is open to all", "/docs", "", 200),
    get("the root leads to the token page", "/", "", 302),
    get("an asset that is not there is not found", "/assets/tokens-0.js", "", 404, "not_found"),
]

PAGE = {"Origin": "https://page.example"}
PREFLIGHT = PAGE | {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}

PAGES = [
    Case("a page asks whether it may send, as nobody", f"OPTIONS {TOKENS}", "", 200, headers=PREFLIGHT),
    Case("a page asks so of each route", f"OPTIONS {TOKENS}/{UNKNOWN}", "", 200, headers=PREFLIGHT),
    Case("a page may read an answer", f"GET {TOKENS}/.well-known/jwks.json", "", 200, headers=PAGE),
    Case("a page may read a refusal by the gateway", f"GET {TOKENS}", "", 401, "unauthenticated", headers=PAGE),
    Case("a page may read a refusal by a function", f"GET {TOKENS}/x", "owner", 404, "not_found", headers=PAGE),
]

PEOPLE = [
    get("a person with no token sees an empty list", TOKENS, "owner", 200),
    create("an owner by the provider's claim creates a token", "owner", 201, keep="first"),
    create("an administrator by the ledger creates a token", "admin", 201, keep="admins", expires_in="1h"),
    create("an owner whom the operator made creates a token", "applied", 201, keep="applieds"),
    create("a token carries the role that was asked for", "owner", 201, keep="viewing", assignments=["123:viewer"]),
    create("a token may be confined to reading", "owner", 201, keep="reading", read_only=True),
    create("a system token ends by itself", "owner", 201, keep="assumed", token_type="assume"),
    create("a public token belongs to a journey", "owner", 201, keep="journey", token_type="journey", journey_id="j1"),
    get("a person is told their roles", "/v1/permissions/me", "admin", 200),
    get("a viewer is told their roles", "/v1/permissions/me", "viewer", 200),
    get("a person has no self among the tokens", f"{TOKENS}/self", "owner", 404, "not_found"),
]

TOKEN = [
    get("a token lists tokens", TOKENS, "first", 200),
    get("a list is filtered by type", f"{TOKENS}?token_type=journey,portal", "first", 200),
    get("a filter in brackets is the same", f"{TOKENS}?token_type[]=journey&token_type[]=assume", "first", 200),
    get("a list is filtered by maker", f"{TOKENS}?created_by=people%7Cadmin", "first", 200),
    Case("a page says where the next one is", f"GET {TOKENS}?limit=2", "first", 200, counted=True),
    get("a token reads another", f"{TOKENS}/<admins>", "first", 200),
    get("a token reads itself", f"{TOKENS}/self", "first", 200),
    get("a token that may do nothing else reads itself", f"{TOKENS}/<viewing>", "viewing", 200),
    get("a token that only reads reads itself", f"{TOKENS}/self", "reading", 200),
    get("a token is told its roles", "/v1/permissions/me", "first", 200),
    get("a request may ask for another form", TOKENS, "first", 200, Accept="application/large-response.vnd+json"),
    create("a token makes a child", "first", 201, keep="child"),
    get("a child is a token like any other", TOKENS, "child", 200),
]

BAD = [
    Case("a body that is no JSON is refused", f"POST {TOKENS}", "owner", 400, "invalid_request", "name=x"),
    Case("no body is refused", f"POST {TOKENS}", "owner", 400, "invalid_request", ""),
    Case("a list is no order", f"POST {TOKENS}", "owner", 400, "invalid_request", []),
    Case("a name is required", f"POST {TOKENS}", "owner", 400, "invalid_request", {}),
    create("a member that is not known is named", "owner", 400, "invalid_request", scopes=[]),
    create("a lifetime has bounds", "owner", 400, "invalid_request", expires_in="366d"),
    create("a role has an organization", "owner", 400, "invalid_request", assignments=["owner"]),
    create("a name is in any script", "owner", 201, keep="scripts", name="Schlüssel für 東京 🔑"),
    get("a filter names a type", f"{TOKENS}?token_type=admin", "owner", 400, "invalid_request"),
    get("a cursor is not made by hand", f"{TOKENS}?cursor=AAAA", "owner", 400, "invalid_request"),
    create("a body is JSON or nothing", "owner", 415, "unsupported_media_type", headers={"Content-Type": "text/plain"}),
    create("a body has 16 KiB", "owner", 413, "too_large", journey_id="x" * 17_000),
]

NOBODY = [
    get("without a credential there is a challenge", TOKENS, "", 401, "unauthenticated"),
    get("what is no token is nobody", TOKENS, "x", 401, "unauthenticated"),
    get("another scheme is nobody", TOKENS, "", 401, "unauthenticated", Authorization="Basic eDp4"),
    get("a person signed by another key is nobody", TOKENS, "forger", 401, "unauthenticated"),
    get("a person whose time is over is nobody", TOKENS, "late", 401, "unauthenticated"),
    get("a person for another audience is nobody", TOKENS, "elsewhere", 401, "unauthenticated"),
    create("nobody creates nothing", "", 401, "unauthenticated"),
    Case("nobody revokes nothing", f"DELETE {TOKENS}/<first>", "", 401, "unauthenticated"),
]

AWAY = {"x-epilot-org-id": "456"}

FORBIDDEN = [
    create("a viewer may not create", "viewer", 403, "permission_denied"),
    get("a token without the permission may not list", TOKENS, "viewing", 403, "permission_denied"),
    get("a token that only reads may not list", TOKENS, "reading", 403, "read_only_token"),
    get("a public token reaches no route of its own accord", TOKENS, "journey", 403, "permission_denied"),
    create("a role that is not held is not given", "admin", 403, "role_not_held", assignments=["123:owner"]),
    create("a role of another organization is not given", "owner", 403, "role_not_held", assignments=["456:owner"]),
    create("a child makes no child", "child", 403, "too_deep"),
    create("a child ends with its parent", "admins", 403, "lifetime_exceeds_parent", expires_in="2h"),
    get("a person stays where they have roles", TOKENS, "owner", 403, "permission_denied", **AWAY),
    get("a token stays at home", TOKENS, "first", 403, "permission_denied", **AWAY),
    get("home may be named", TOKENS, "first", 200, **{"x-epilot-org-id": "123"}),
]

NOTHING = [
    get("an id that is nobody's is not found", f"{TOKENS}/{UNKNOWN}", "owner", 404, "not_found"),
    get("an id of another form is not found", f"{TOKENS}/x", "owner", 404, "not_found"),
    get("a token of another organization is not found", f"{TOKENS}/<first>", "stranger", 404, "not_found"),
    Case("nor is it revoked", f"DELETE {TOKENS}/<first>", "stranger", 404, "not_found"),
    get("another organization has a list of its own", TOKENS, "stranger", 200),
    get("a path that is no route is not found", "/v1/nothing", "owner", 404, "not_found"),
    get("nor is it for nobody", "/v1/nothing", "", 404, "not_found"),
    Case("a method that is no route is not found", f"PUT {TOKENS}", "owner", 404, "not_found", {}),
    get("a path is written in one way", f"{TOKENS}/", "owner", 404, "not_found"),
    get("a path that could be read in two ways is denied", f"{TOKENS}/%2e%2e", "owner", 403, "permission_denied"),
    get("an id with a star is denied", f"{TOKENS}/*", "owner", 403, "permission_denied"),
]

KEY = {"Idempotency-Key": "k1"}

AGAIN = [
    create("a create has a key", "owner", 201, keep="once", headers=KEY),
    create("the same key is the same token", "owner", 201, headers={"Idempotency-Key": '"k1"'}),
    create("the same key is no other order", "owner", 422, "idempotency_mismatch", name="B", headers=KEY),
    Case("a person revokes a token", f"DELETE {TOKENS}/<once>", "admin", 200),
    create("a key whose token is revoked is spent", "owner", 409, "idempotency_conflict", headers=KEY),
]

END = [
    Case("a token that may do nothing else revokes itself", f"DELETE {TOKENS}/self", "viewing", 200),
    get("revoked is nobody, at once", f"{TOKENS}/self", "viewing", 401, "unauthenticated"),
    Case("a parent is revoked", f"DELETE {TOKENS}/<first>", "owner", 200),
    get("the parent is nobody, at once", TOKENS, "first", 401, "unauthenticated"),
    get("the child is nobody, at once", TOKENS, "child", 401, "unauthenticated"),
    Case("revoking again changes nothing", f"DELETE {TOKENS}/<first>", "owner", 200),
    get("a revoked token can be read", f"{TOKENS}/<first>", "owner", 200),
    get("a revoked token is not listed", TOKENS, "owner", 200),
    get("other tokens live on", TOKENS, "admins", 200),
]

CASES = PUBLIC + BROWSER + PAGES + PEOPLE + TOKEN + BAD + NOBODY + FORBIDDEN + NOTHING + AGAIN + END
