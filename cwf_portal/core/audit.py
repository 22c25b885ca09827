"""Who did it and why, on every row that changes.

History rows are written by database triggers (pghistory); the actor and the reason reach them through two settings
of the transaction. They are set here, not by pghistory's own context, which prefixes every statement and leaks an
inner actor into the outer one.
"""

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar, Union
from weakref import WeakKeyDictionary

import pghistory
from django.db import IntegrityError, connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from cwf_portal.core.errors import NotAllowedError

if TYPE_CHECKING:
    from cwf_portal.core.models import User

Actor = Union["User", str]
Model = TypeVar("Model", bound=type[models.Model])
Named = tuple[str, str]  # the two settings as they stand: who acts together in one transaction, and who and why

# Who is named on each connection, innermost last. The settings are written here only, so nobody has to read them.
_named: WeakKeyDictionary[BaseDatabaseWrapper, list[Named]] = WeakKeyDictionary()

ONE_PERSON = "one_person"  # what triggers call the rule that two who act for one another are one
WRITE = "SELECT set_config('pghistory.context_id', %s, true), set_config('pghistory.context_metadata', %s, true)"


def actor_name(by: Actor) -> str:
    """How an actor stands in history: `user:12` for a person, the given name (`system:sweep`) for a process."""
    return by if isinstance(by, str) else f"user:{by.pk}"


@contextmanager
def acting(by: Actor, reason: str, *, using: str = "default") -> Iterator[None]:
    """Open an atomic block in which every history row names `by` and `reason`.

    Blocks nest: the inner one names its own actor, and the outer one's is back afterwards.

    Raises:
        NotAllowedError: The database knows the actor and whoever took the step before as one person.
    """
    connection = connections[using]
    named = _named.setdefault(connection, [])
    is_outermost = not connection.in_atomic_block  # then commit takes our name away
    with transaction.atomic(using=using), connection.cursor() as cursor:
        outer = named[-1] if named else ("", "")
        ours = (outer[0] or str(uuid.uuid4()), json.dumps({"actor": actor_name(by), "reason": reason}))
        cursor.execute(WRITE, ours)
        named.append(ours)
        try:
            yield
        except IntegrityError as error:
            if getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) != ONE_PERSON:
                raise
            raise NotAllowedError(
                "You and whoever took the step before act for one another, so you count as one person.",
                mend="Ask somebody who is neither.",
            ) from error
        finally:
            named.pop()
        if not is_outermost:
            cursor.execute(WRITE, outer)


def tracked(*, exclude: tuple[str, ...] = ()) -> Callable[[Model], Model]:
    """Class decorator: keep every version of the model's rows in `<Model>Event`.

    The migration that creates the event table adds `protect_history` (`cwf_portal.core.sql_operations`).
    """
    track: Callable[[Model], Model] = pghistory.track(
        pghistory.InsertEvent(),
        pghistory.UpdateEvent(),
        pghistory.DeleteEvent(),
        exclude=list(exclude),
        context_field=pghistory.ContextJSONField(null=True),
        context_id_field=pghistory.ContextUUIDField(null=True),
        obj_field=pghistory.ObjForeignKey(db_index=True, db_constraint=False),
        append_only=True,
    )
    return track
