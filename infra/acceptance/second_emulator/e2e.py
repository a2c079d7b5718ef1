"""Runs the end-to-end tests against the emulator's DynamoDB and KMS instead of the embedded ones."""

import os
import subprocess
import sys
import time

from emulator import Emulator
from local_stack import OUTPUT

# The account, as an access key id, and the region that the local stack uses.
ACCOUNT = {"aws_access_key_id": "000000000000", "region_name": "us-east-1"}
# Without the tests that inject faults and run generated steps in front of the service: another DynamoDB or KMS adds only
# latency to them. Without the lists of 10,000 tokens as well: the emulator takes longer than the 4 seconds after which a list
# continues at a link.
TESTS = "cargo test --locked --test e2e -- --skip faults:: --skip model_based:: --skip pagination::list_without_limit_".split()


def main() -> int:
    folder = OUTPUT / "second_emulator"
    folder.mkdir(parents=True, exist_ok=True)
    with Emulator(folder, "dynamodb,kms") as emulator:
        started = time.monotonic()
        endpoints = {"LATCHKEY_DYNAMODB_URL": emulator.url, "LATCHKEY_KMS_URL": emulator.url}
        status = subprocess.run(TESTS, env=os.environ | endpoints).returncode
        tables = len(emulator.client("dynamodb", **ACCOUNT).list_tables()["TableNames"])
        keys = len(emulator.client("kms", **ACCOUNT).list_keys()["Keys"])
    print(f"{time.monotonic() - started:.0f} s, {tables} tables and {keys} keys in the emulator", flush=True)
    if status == 0 and not (tables and keys):
        sys.exit("the tests passed without using the emulator")
    return status


if __name__ == "__main__":
    sys.exit(main())
