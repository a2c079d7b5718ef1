"""Holds the peers against our own functions: the same answers to the same events, by the same calls to AWS.

Argument: the folder in which `dist` is what Node.js runs and `app` what Python runs, and which this may write into. To be
run at the root of the repository, by the Python that the Python peers run on.
"""

import json
import signal
import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import orders
import questions
from played import Function
from stack import Stack, parts
from trio import OURS, Trio, call, commands

# In seconds: the shortest lifetime of a token, and one more.
LIFETIME = 31
# Beyond any time that is reckoned from now.
FAR = 3_900_000_000

Cases = Iterable[tuple[str, dict]]


def decide(trio: Trio, cases: Cases) -> None:
    """Asks the three authorizers, of which the first may note a use in the place of all."""
    for case, event in cases:
        said, called = {}, {}
        for name, function in trio.functions.items():
            said[name] = function.ask(event)
            calls = [made for made in function.calls() if made[0] != "UpdateItem"]
            # A token that is refused by its claims alone need not be looked up.
            called[name] = [call(made) for made in calls] if "answer" in said[name] else []
        trio.outcomes[outcome(said[OURS])] += 1
        trio.compare(case, said)
        trio.compare(f"{case}: the calls", called)


def outcome(said: dict) -> str:
    """What became of a request."""
    if "error" in said:
        return said["error"]["errorMessage"]
    return said["answer"]["policyDocument"]["Statement"][0]["Effect"]


def note(trio: Trio, stack: Stack) -> None:
    """Each of the three notes the first use of a day, once, in a row that it reads anew."""
    owner, today = stack.person("123", "1001"), datetime.now(UTC).date().isoformat()
    called, used = {}, {}
    for name, function in trio.functions.items():
        made = stack.call("POST", "", owner, {"name": f"Noted by {name}"})
        called[name] = []
        for _ in range(2):
            function.ask(questions.event(questions.ME, made["token"]))
            called[name].append([call(one) for one in function.calls() if one[0] == "UpdateItem"])
        used[name] = stack.call("GET", f"/{made['id']}", owner).get("last_used") == today
    trio.compare("noting the first use of a day: the calls", called)
    trio.compare("noting the first use of a day", used | {OURS: True})


def authorizers(stack: Stack, folder: Path) -> int:
    tokens, begun = questions.make(stack), time.monotonic()
    with Trio(stack, folder, "authorizer") as trio:
        decide(trio, questions.allowed_and_denied(tokens))
        decide(trio, questions.headers_and_paths(tokens))
        decide(trio, questions.forged(stack, tokens))
        note(trio, stack)
        time.sleep(max(0.0, begun + LIFETIME - time.monotonic()))
        decide(trio, [("expired", questions.event(questions.ME, tokens["expiring"]))])
        trio.had("Allow", "Deny", "Unauthorized")
    return trio.wrong


def shown(answer: dict) -> dict:
    """An answer without what is another one each time."""
    body = json.loads(answer["answer"]["body"])
    token, identity, made = body.pop("token"), body.pop("id"), moment(body.pop("created_at"))
    header, claims = parts(token)
    ends = {"body": moment(body.pop("expires_at")) if "expires_at" in body else None, "claims": claims.get("exp")}
    # A token that ends with its parent ends at a fixed time.
    ends = {where: end - made if end and end < FAR else end for where, end in ends.items()}
    times = {
        "now": abs(made - time.time()) < 5,
        "iat": claims.pop("iat") - made,
        "exp": claims.pop("exp", None) is None,
    }
    said = json.dumps([body, header, claims], sort_keys=True).replace(identity, "ID")
    return {"said": said} | times | ends


def moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def create(trio: Trio, authorizer: Function, cases: Cases) -> None:
    """Has the three make tokens, which are alike and let through by our own authorizer."""
    for case, event in cases:
        answers = {name: function.ask(event) for name, function in trio.functions.items()}
        trio.outcomes[answers[OURS]["answer"]["statusCode"]] += 1
        trio.compare(f"{case}: the status", {name: answer["answer"]["statusCode"] for name, answer in answers.items()})
        called = {name: [call(made) for made in function.calls()] for name, function in trio.functions.items()}
        trio.compare(f"{case}: the calls", called)
        if any(answer["answer"]["statusCode"] != 201 for answer in answers.values()):
            continue
        trio.compare(case, {name: shown(answer) for name, answer in answers.items()})
        bodies = {name: json.loads(answer["answer"]["body"]) for name, answer in answers.items()}
        asked = {name: questions.event(questions.CATALOG, body["token"]) for name, body in bodies.items()}
        verdicts = {name: outcome(authorizer.ask(question)) for name, question in asked.items()}
        trio.compare(f"{case}: let through", verdicts | {"the case": "Allow"})


def refuse(trio: Trio, cases: Cases) -> None:
    """Has the three refuse."""
    for case, event in cases:
        said = {}
        for name, function in trio.functions.items():
            answer = function.ask(event)["answer"]
            body = json.loads(answer["body"])
            said[name] = answer["statusCode"], body.get("code"), body.get("instance"), len(function.calls())
        trio.outcomes[said[OURS][0]] += 1
        trio.compare(case, said)


def creators(stack: Stack, folder: Path) -> int:
    environment = stack.environment("authorizer")
    command = commands(stack, folder, "authorizer")[OURS]
    maker = stack.call("POST", "", stack.person("123", "1001"), {"name": "The maker"})
    with (
        Function("authorizer", command, environment, folder / "judge.log") as authorizer,
        Trio(stack, folder, "create-token") as trio,
    ):
        create(trio, authorizer, orders.good())
        create(trio, authorizer, orders.by_token(maker["id"]))
        refuse(trio, orders.bad())
        refuse(trio, orders.unknown())
        refuse(trio, orders.refused())
        trio.had(201, 400, 401, 403, 413, 415)
    with Trio(stack, folder, "create-token", MAX_LIFETIME="1 hour") as bounded:
        refuse(bounded, orders.bounded())
        bounded.had(201, 400)
    return trio.wrong + bounded.wrong


def main(folder: Path) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    wrong = 0
    for key_spec in ("RSA_2048", "ECC_NIST_P256"):
        print(key_spec, flush=True)
        with Stack(folder, key_spec) as stack:
            wrong += authorizers(stack, folder) + creators(stack, folder)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
