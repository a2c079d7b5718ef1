"""Why a request is not granted."""


class Unauthorized(Exception):
    """Nobody knows who asks. The gateway makes a 401 of this text; the cause is for the log."""

    def __init__(self, cause: str) -> None:
        super().__init__("Unauthorized")
        self.cause = cause


class Denied(Exception):
    """It is known who asks, and they may not."""

    def __init__(self, code: str, reason: str, caller: dict | None = None) -> None:
        super().__init__(reason)
        self.code, self.reason, self.caller = code, reason, caller


class Undecided(Exception):
    """It could not be decided, which is never a grant."""

    def __init__(self) -> None:
        super().__init__("Undecided")
