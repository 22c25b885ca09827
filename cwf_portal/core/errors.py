"""Errors that a person may read. Views and commands show them as they are; anything else is a defect."""


class DomainError(Exception):
    """What is wrong, in one sentence, and how to mend it, in another."""

    def __init__(self, message: str, *, mend: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.mend = mend

    def __str__(self) -> str:
        return f"{self.message} {self.mend}".strip()


class NotAllowedError(DomainError):
    """The person may not do this; shown with status 403."""


class ConflictError(DomainError):
    """Somebody else was first, or the thing is no longer in the state that the change starts from."""


class IdempotencyConflictError(ConflictError):
    """The same idempotency key came again with other content."""
