"""What our own logs may say: frames and classes of errors, and of the database's refusals never the row.

PostgreSQL puts the refused row into its message ("Failing row contains (…)"), and the driver carries that into the text
of the error. The server's own log is told to leave it out; so are ours.

An error of Python can repeat what somebody sent as well (`KeyError: '3'`, of a ballot). Of a request whose form must
not be repeated (`sensitive_post_parameters`) the log says the frames and the classes of errors. The page of a fault
tells a code that stands beside it in the log, so that it can be found without asking what somebody sent.
"""

import logging
import traceback
from collections.abc import Iterator
from copy import copy
from types import TracebackType

import psycopg
from django.db import Error as DjangoError

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
OF_THE_DATABASE = (DjangoError, psycopg.Error)
BETWEEN = {
    "cause": "\nThe above exception was the direct cause of the following exception:\n\n",
    "context": "\nDuring handling of the above exception, another exception occurred:\n\n",
}


class RowlessFormatter(logging.Formatter):
    """Tracebacks as ever, but of what the database refused only class, SQLSTATE and constraint."""

    def format(self, record: logging.LogRecord) -> str:
        """With the code of a fault; of what must not be repeated, no error says what it is about."""
        request = getattr(record, "request", None)
        error = record.exc_info[1] if record.exc_info else None
        if error is not None and getattr(request, "sensitive_post_parameters", None):
            record = copy(record)  # other handlers format it for themselves
            record.exc_text = "".join(_lines(error, tells=False)).rstrip("\n")
        said, code = super().format(record), getattr(request, "fault_code", "")
        return f"{said}\nFault {code}" if code else said

    def formatException(self, ei: ExcInfo) -> str:  # noqa: N802 - the name that logging calls
        return "".join(_lines(ei[1])).rstrip("\n") if ei[1] is not None else super().formatException(ei)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - likewise
        """Celery writes the error's text into the message too."""
        said = super().formatMessage(record)
        error = record.exc_info[1] if record.exc_info else None
        for link, _ in _chain(error) if error else ():
            if isinstance(link, OF_THE_DATABASE):
                for text in filter(None, (repr(link), str(link))):
                    said = said.replace(text, told(link))
        return said


def told(error: BaseException) -> str:
    """What may be said of an error of the database: its class, and what was broken by name."""
    cause = error if isinstance(error, psycopg.Error) else error.__cause__
    parts = [type(error).__name__]
    if isinstance(cause, psycopg.Error):
        parts += [part for part in (cause.sqlstate, cause.diag.constraint_name) if part]
    return " ".join(parts)


def _lines(error: BaseException, *, tells: bool = True) -> Iterator[str]:
    for link, between in reversed(list(_chain(error))):
        if link.__traceback__ is not None:
            yield "Traceback (most recent call last):\n"
            yield from traceback.format_tb(link.__traceback__)
        if isinstance(link, OF_THE_DATABASE):
            yield f"{told(link)}\n"
        elif tells:
            yield from traceback.format_exception_only(link)
        else:
            yield f"{type(link).__qualname__}\n"
        if between:
            yield BETWEEN[between]


def _chain(error: BaseException) -> Iterator[tuple[BaseException, str]]:
    """The error and what led to it, newest first, each with how it led to the one before; "" for the newest."""
    link: BaseException | None = error
    between, seen = "", set[int]()
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link, between
        if link.__cause__ is not None:
            link, between = link.__cause__, "cause"
        else:
            link, between = (None if link.__suppress_context__ else link.__context__), "context"
