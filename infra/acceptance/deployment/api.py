"""Sends the cases to an API and normalizes the responses, so that those of two APIs can be compared."""

import json
import re
import urllib.error
import urllib.request

from cases import Case
from identity_provider import FORGED, USERS, IdentityProvider

# Headers that the contract documents.
HEADERS = ["cache-control", "content-security-policy", "content-type", "link", "location", "retry-after"]
HEADERS += ["referrer-policy", "www-authenticate", "x-content-type-options"]
CORS_HEADERS = ["allow-headers", "allow-methods", "allow-origin", "expose-headers", "max-age"]
HEADERS += [f"access-control-{name}" for name in CORS_HEADERS]

# Values that differ between two responses, with their replacements.
VARIABLE_VALUES = [
    (r"eyJ[\w-]+\.[\w-]+\.[\w-]+", "<token>"),
    (r"\d{4}-\d\d-\d\dT[\d:.]+Z", "<time>"),
    (r"\d{4}-\d\d-\d\d", "<day>"),
    (r'(?<="instance":")[\w-]+', "<request>"),
    (r'(?<="kid":")[\w-]+', "<thumbprint>"),
    (r'(?<="n":")[\w-]+', "<modulus>"),
    (r"(?<=cursor=)[^&>]+", "<cursor>"),
]


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Returns redirects instead of following them."""

    def redirect_request(self, *_) -> None:
        return None


OPENER = urllib.request.build_opener(NoRedirect)


class ApiClient:
    """Sends requests to `address`. `base_url` is the API's public URL, which its responses contain."""

    def __init__(self, address: str, base_url: str, provider: IdentityProvider) -> None:
        self.address = address
        self.base_url = base_url
        self.provider = provider
        # The created items by the names that the cases give them.
        self.items: dict[str, dict] = {}

    def observe(self, case: Case) -> dict:
        """Returns the normalized response: `status`, each header and each member of the body."""
        method, path = case.request.split(" ", 1)
        status, headers, text = self.send(method, self.with_ids(path), case.credential, case.body, case.headers)
        if case.keep_as and status == 201:
            self.items[case.keep_as] = json.loads(text)
        facts = {"status": status} | {name: self.normalize(headers.get(name, "")) for name in HEADERS}
        return facts | body_members(self.normalize(text), case.count_only)

    def send(
        self, method: str, path: str, credential: str, body: object = None, headers: dict = {}
    ) -> tuple[int, dict, str]:
        """Returns status, headers by their lower-case names, and body."""
        all_headers = {"Content-Type": "application/json"} if body is not None else {}
        if credential:
            all_headers["Authorization"] = f"Bearer {self.bearer_token(credential)}"
        data = body if body is None or isinstance(body, str) else json.dumps(body)
        request = urllib.request.Request(
            self.address + path, method=method, headers=all_headers | headers, data=data if data is None else data.encode()
        )
        try:
            with OPENER.open(request, timeout=60) as response:
                return read(response)
        except urllib.error.HTTPError as response:
            return read(response)

    def bearer_token(self, credential: str) -> str:
        """The token of an item or a user. Any other text is used unchanged."""
        if credential in self.items:
            return self.items[credential]["token"]
        return self.provider.token(credential) if credential in USERS or credential == FORGED else credential

    def with_ids(self, path: str) -> str:
        """Replaces the names of items by their ids."""
        return re.sub(r"<(\w+)>", lambda name: self.items[name[1]]["id"], path)

    def normalize(self, text: str) -> str:
        """Replaces ids, the base URL and variable values. The result contains no token."""
        for name, item in self.items.items():
            text = text.replace(item["id"], f"<{name}>")
        text = text.replace(self.base_url, "<base>")
        for pattern, replacement in VARIABLE_VALUES:
            text = re.sub(pattern, replacement, text)
        return text


def read(response) -> tuple[int, dict, str]:
    headers = {name.lower(): value for name, value in response.headers.items()}
    return response.status, headers, response.read().decode()


def body_members(text: str, count_only: bool) -> dict:
    """The members of a JSON object by their names; any other body is one member. The order of a list does not matter."""
    try:
        value = json.loads(text)
    except ValueError:
        return {"body": text}
    if isinstance(value, list):
        return {"body": len(value) if count_only else sorted(value, key=json.dumps)}
    return {f"body.{name}": member for name, member in value.items()} if isinstance(value, dict) else {"body": value}
