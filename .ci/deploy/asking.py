"""Asks the cases of one API, and says what came back in words that are the same for another."""

import json
import re
import urllib.error
import urllib.request

from cases import Case
from people import PEOPLE, Provider

# Headers that the contract speaks of.
HEADERS = ["cache-control", "content-security-policy", "content-type", "link", "location", "retry-after"]
HEADERS += ["referrer-policy", "www-authenticate", "x-content-type-options"]
FOR_PAGES = ["allow-headers", "allow-methods", "allow-origin", "expose-headers", "max-age"]
HEADERS += [f"access-control-{name}" for name in FOR_PAGES]

# What is different each time, and what it is called.
CHANGING = [
    (r"eyJ[\w-]+\.[\w-]+\.[\w-]+", "<token>"),
    (r"\d{4}-\d\d-\d\dT[\d:.]+Z", "<time>"),
    (r"\d{4}-\d\d-\d\d", "<day>"),
    (r'(?<="instance":")[\w-]+', "<request>"),
    (r'(?<="kid":")[\w-]+', "<thumbprint>"),
    (r'(?<="n":")[\w-]+', "<modulus>"),
    (r"(?<=cursor=)[^&>]+", "<cursor>"),
]


class Redirected(urllib.request.HTTPRedirectHandler):
    """Where an answer leads is looked at and not gone to."""

    def redirect_request(self, *_) -> None:
        return None


OPENER = urllib.request.build_opener(Redirected)


class World:
    """An API at the address `at` that calls itself `name`, with the people of `provider`."""

    def __init__(self, at: str, name: str, provider: Provider) -> None:
        self.at, self.name, self.provider = at, name, provider
        # The items that were created, by the names that the cases give them.
        self.items: dict[str, dict] = {}

    def ask(self, case: Case) -> dict:
        """What the case is answered: `status`, headers, and the body's members each on its own."""
        method, path = case.request.split(" ", 1)
        status, headers, text = self.send(method, self.filled(path), case.who, case.body, case.headers)
        if case.keep and status == 201:
            self.items[case.keep] = json.loads(text)
        facts = {"status": status} | {name: self.shown(headers.get(name, "")) for name in HEADERS}
        return facts | members(self.shown(text), case.counted)

    def send(self, method: str, path: str, who: str, body: object = None, headers: dict = {}) -> tuple[int, dict, str]:
        """Status, headers by their lower-case names, and body."""
        sent = {"Content-Type": "application/json"} if body is not None else {}
        if who:
            sent["Authorization"] = f"Bearer {self.credential(who)}"
        data = body if body is None or isinstance(body, str) else json.dumps(body)
        request = urllib.request.Request(
            self.at + path, method=method, headers=sent | headers, data=data if data is None else data.encode()
        )
        try:
            with OPENER.open(request, timeout=60) as answer:
                return read(answer)
        except urllib.error.HTTPError as answer:
            return read(answer)

    def credential(self, who: str) -> str:
        if who in self.items:
            return self.items[who]["token"]
        return self.provider.token(who) if who in PEOPLE or who == "forger" else who

    def filled(self, path: str) -> str:
        return re.sub(r"<(\w+)>", lambda name: self.items[name[1]]["id"], path)

    def shown(self, text: str) -> str:
        """The text without what is different each time; it holds no token."""
        for name, item in self.items.items():
            text = text.replace(item["id"], f"<{name}>")
        text = text.replace(self.name, "<base>")
        for pattern, word in CHANGING:
            text = re.sub(pattern, word, text)
        return text


def read(answer) -> tuple[int, dict, str]:
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return answer.status, headers, answer.read().decode()


def members(text: str, counted: bool) -> dict:
    """The members of a body by their names; what is no object is one member. A list counts without its order."""
    try:
        value = json.loads(text)
    except ValueError:
        return {"body": text}
    if isinstance(value, list):
        return {"body": len(value) if counted else sorted(value, key=json.dumps)}
    return {f"body.{name}": member for name, member in value.items()} if isinstance(value, dict) else {"body": value}
