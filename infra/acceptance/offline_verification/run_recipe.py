"""Verifies each token of the standard input with the recipe in the file of the argument, and writes one line of JSON for
each: `{"claims": …}` or `{"error": …}`."""

import json
import runpy
import sys

import jwt

verify = runpy.run_path(sys.argv[1])["verify"]
for line in sys.stdin:
    try:
        result = {"claims": verify(line.strip())}
    except jwt.PyJWTError as error:
        result = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(result))
