"""How long a token lives."""

import re

from problem import invalid

SECOND = 1000
HOUR = 3600 * SECOND
DAY = 24 * HOUR
UNITS = {
    ("ms", "millisecond", "milliseconds"): 1,
    ("", "s", "second", "seconds"): SECOND,
    ("m", "minute", "minutes"): 60 * SECOND,
    ("h", "hour", "hours"): HOUR,
    ("d", "day", "days"): DAY,
    ("w", "week", "weeks"): 7 * DAY,
    ("y", "year", "years"): 365 * DAY,
}
FACTORS = {name: factor for names, factor in UNITS.items() for name in names}
# In days.
LONGEST = {"api": 365, "app": 7, "journey": 7, "portal": 7}

_DURATION = re.compile(r"([0-9]+) ?([a-z]*)")


def seconds_of(text: str) -> int | float | None:
    """The seconds that a duration like `10h`, `7d` or `2 days` has; `None` where it is none."""
    found = _DURATION.fullmatch(text)
    if not found or found[2] not in FACTORS:
        return None
    total = int(found[1]) * FACTORS[found[2]]
    return total / SECOND if total % SECOND else total // SECOND


def lifetime_of(members: dict, kind: str) -> int | None:
    """The seconds that `expires_in` asks for, within the bounds of the token's type; `None` where it is absent."""
    if "expires_in" not in members:
        return None
    asked = members["expires_in"]
    seconds = seconds_of(asked) if isinstance(asked, str) else asked
    if type(seconds) is not int:
        raise invalid("`expires_in` must be whole seconds, or a number and a unit like `10h`, `7d` or `2 days`")
    if kind == "assume":
        raise invalid("`expires_in` is not allowed for tokens of type assume, which expire after one hour")
    days = LONGEST[kind]
    if not 30 <= seconds <= days * DAY // SECOND:
        raise invalid(f"`expires_in` must be between 30 seconds and {days} days for tokens of type {kind}")
    return seconds
