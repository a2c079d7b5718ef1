"""The connections to AWS, made once."""

import os
import time
from collections.abc import Iterable

import boto3
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.config import Config

# In seconds: how long keys that were left unprocessed are asked for again.
BUDGET = 2

# An answer within a second or another attempt, so that an outage is told long before the gateway gives up.
SETTINGS = Config(connect_timeout=0.5, read_timeout=1, retries={"mode": "standard", "total_max_attempts": 3})

TABLE = os.environ["TABLE_NAME"]
# boto3 itself looks for AWS_DEFAULT_REGION, which Lambda sets as well.
session = boto3.Session(region_name=os.environ["AWS_REGION"])
kms = session.client("kms", config=SETTINGS)
dynamodb = session.client("dynamodb", config=SETTINGS)

_read, _write = TypeDeserializer().deserialize, TypeSerializer().serialize

# Partition and sort key of a row.
Key = tuple[str, str]


class Unprocessed(Exception):
    """The table is too busy to read all that was asked for."""


def token_key(token_id: str) -> Key:
    return f"TOKEN#{token_id[-21:]}", "TOKEN"


def role_key(role_id: str) -> Key:
    org, slug = role_id.split(":")
    return f"ORG#{org}", f"ROLE#{slug}"


def item_of(row: dict) -> dict:
    """The row as the service takes it."""
    return {name: _write(value) for name, value in row.items()}


def row_of(item: dict) -> dict:
    """The row that the service gave."""
    return {name: _read(value) for name, value in item.items()}


def read_rows(keys: Iterable[Key]) -> dict[Key, dict]:
    """Reads rows by their keys, strongly, in one batch.

    A key that was left unprocessed is not absent: it is asked for again, and is an error in the end.
    """
    rows, end, pause = {}, time.monotonic() + BUDGET, 0.02
    left = [{"pk": {"S": pk}, "sk": {"S": sk}} for pk, sk in keys]
    while True:
        answer = dynamodb.batch_get_item(RequestItems={TABLE: {"Keys": left, "ConsistentRead": True}})
        for item in answer["Responses"].get(TABLE, []):
            rows[item["pk"]["S"], item["sk"]["S"]] = row_of(item)
        left = answer.get("UnprocessedKeys", {}).get(TABLE, {}).get("Keys")
        if not left:
            return rows
        if time.monotonic() + pause > end:
            raise Unprocessed
        time.sleep(pause)
        pause *= 2
