"""What the embedded servers can fail with: always one sentence for a person, with the command that mends it."""


class ServerError(RuntimeError):
    """A server that a command needs is not there and could not be started."""
