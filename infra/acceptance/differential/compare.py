"""Compares the results of three verifiers for the same tokens.

Where they differ, Latchkey must be the one that rejects the token, for one of the expected reasons.
"""

import json
import sys
from collections import Counter

from expected_differences import EXPECTED_DIFFERENCES, USER_TOKEN_DIFFERENCES, find_difference


def read_lines(path: str) -> list:
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def main(latchkey: str, *others: str) -> None:
    _, *tokens = read_lines(latchkey)
    results = [read_lines(path) for path in others]
    assert all(len(errors) == len(tokens) for errors in results), "a result is missing"
    agreed, differences, kinds = Counter(), Counter(), Counter()
    unexpected = []
    for token, *errors in zip(tokens, *results):
        accepted = [token["refused"] is None, *(error is None for error in errors)]
        kinds[token["kind"], accepted[0]] += 1
        if len(set(accepted)) == 1:
            agreed[accepted[0]] += 1
            continue
        difference = None if accepted[0] else find_difference(token["token"], token["verifier"])
        if difference:
            differences[difference.name, *accepted[1:]] += 1
        else:
            unexpected.append((token, errors))
    report(len(tokens), agreed, differences, kinds)
    for token, errors in unexpected[:20]:
        print(f"unexpected: {token['kind']}, Latchkey {token['refused']!r}, PyJWT and jose {errors}: {token['token']}")
    # If nearly all tokens had the same result, the comparison would be meaningless.
    if unexpected or min(agreed[True], agreed[False]) < len(tokens) // 20:
        sys.exit(f"{len(unexpected)} unexpected differences, {agreed[True]} tokens are accepted by all verifiers")


def report(count: int, agreed: Counter, differences: Counter, kinds: Counter) -> None:
    print(f"{count} tokens: all three verifiers accept {agreed[True]} and reject {agreed[False]}")
    print("\n| mutation | Latchkey accepts | Latchkey rejects |\n|---|---|---|")
    for kind in sorted({kind for kind, _ in kinds}):
        print(f"| {kind} | {kinds[kind, True]} | {kinds[kind, False]} |")
    print("\n| rejected by Latchkey only | tokens | PyJWT | jose | reason |\n|---|---|---|---|---|")
    verbs = {True: "accepts", False: "rejects"}
    reasons = {difference.name: difference.reason for difference in EXPECTED_DIFFERENCES + USER_TOKEN_DIFFERENCES}
    for (name, pyjwt, jose), tokens in sorted(differences.items()):
        print(f"| {name} | {tokens} | {verbs[pyjwt]} | {verbs[jose]} | {reasons[name]} |")


main(*sys.argv[1:])
