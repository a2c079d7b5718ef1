"""Compares what three verifiers say of the same tokens. Where they differ, ours must be the one that refuses, for a known reason."""

import json
import sys
from collections import Counter

from explained import EXPLAINED, explain


def lines(path: str) -> list:
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def main(ours: str, *theirs: str) -> None:
    _, *tokens = lines(ours)
    verdicts = [lines(path) for path in theirs]
    assert all(len(verdict) == len(tokens) for verdict in verdicts), "not every token was judged"
    agreed, classes, wrong, kinds = Counter(), Counter(), [], Counter()
    for token, *others in zip(tokens, *verdicts):
        accepts = [token["refused"] is None, *(refused is None for refused in others)]
        kinds[token["kind"], accepts[0]] += 1
        if len(set(accepts)) == 1:
            agreed[accepts[0]] += 1
            continue
        known = None if accepts[0] else explain(token["token"])
        if known:
            classes[known[0], *accepts[1:]] += 1
        else:
            wrong.append((token, others))
    report(len(tokens), agreed, classes, kinds)
    for token, others in wrong[:20]:
        print(f"not explained: ours {token['refused']!r}, PyJWT and jose {others}, {token['kind']}: {token['token']}")
    # A comparison in which nearly everything is refused, or nothing is, would show nothing.
    if wrong or min(agreed[True], agreed[False]) < len(tokens) // 20:
        sys.exit(f"{len(wrong)} disagreements are not explained, {agreed[True]} tokens are accepted by all")


def report(count: int, agreed: Counter, classes: Counter, kinds: Counter) -> None:
    print(f"{count} tokens: all three accept {agreed[True]} and refuse {agreed[False]}")
    print("\n| what was done | accepted by us | refused by us |\n|---|---|---|")
    for kind in sorted({kind for kind, _ in kinds}):
        print(f"| {kind} | {kinds[kind, True]} | {kinds[kind, False]} |")
    print("\n| refused by us alone | tokens | PyJWT | jose | because |\n|---|---|---|---|---|")
    said = {True: "accepts", False: "refuses"}
    reasons = {name: reason for name, reason, _ in EXPLAINED}
    for (name, pyjwt, jose), tokens in sorted(classes.items()):
        print(f"| {name} | {tokens} | {said[pyjwt]} | {said[jose]} | {reasons[name]} |")


main(*sys.argv[1:])
