"""A database to measure in."""

from collections.abc import Iterator
from contextlib import contextmanager

from bench.servers import HOME, postgres
from cwf_portal.operations.templates import TemplateServer, switched_to


@contextmanager
def clone() -> Iterator[str]:
    """All aliases on a fresh copy of the template (the 225 places), dropped afterwards; the server is stopped."""
    own = postgres()
    own.start()
    try:
        server = TemplateServer(connect=lambda: own.connect("postgres"), lock=HOME / "template.lock")
        with server.clone("bench") as name, switched_to(name):
            yield name
    finally:
        own.stop()
