"""Who did it and why, on every row that changes.

History rows are written by database triggers (pghistory); the actor and the reason reach them through two settings
of the transaction. They are set here, not by pghistory's own context, which prefixes every statement and leaks an
inner actor into the outer one.
"""

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar, Union
from weakref import WeakKeyDictionary

import pghistory
import pghistory.trigger
import pgtrigger
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

CHANGED = "SELECT * FROM new_values EXCEPT SELECT * FROM old_values"
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


class _WholeStatement(pghistory.trigger.Event):
    """Writes the history of all rows that one statement touched with one statement of its own.

    pghistory's own would also write a row of its context table, and would match old and new rows with a plan made for
    however few the first statement of the connection touched.
    """

    def get_func(self, model: models.Model) -> pgtrigger.Func:
        row_by_row: str = super().get_func(model).func
        told = row_by_row.replace("WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) ", "")
        told = told.replace(", _pgh_attached_context;", ";")
        if self.operation == pgtrigger.Update:
            told = told.replace("SELECT new_values.* FROM {cond_new_values}", CHANGED)
        return pgtrigger.Func(told)


class _Many(pghistory.RowEvent):
    """A tracker for rows that change by the thousand in one statement."""

    def add_event_trigger(self, event_model: Any) -> None:
        pgtrigger.register(
            _WholeStatement(
                event_model=event_model,
                label=self.label,
                name=self.trigger_name,
                row=self.row,
                operation=self.operation,
                condition=self.condition,
                level=pgtrigger.Statement,
            )
        )(event_model.pgh_tracked_model)


class _ManyInserted(_Many, pghistory.InsertEvent):
    pass


class _ManyUpdated(_Many, pghistory.UpdateEvent):
    pass


class _ManyDeleted(_Many, pghistory.DeleteEvent):
    pass


ROW_BY_ROW = (pghistory.InsertEvent, pghistory.UpdateEvent, pghistory.DeleteEvent)
BY_STATEMENT = (_ManyInserted, _ManyUpdated, _ManyDeleted)


def tracked(*, exclude: tuple[str, ...] = (), by_statement: bool = False) -> Callable[[Model], Model]:
    """Class decorator: keep every version of the model's rows in `<Model>Event`.

    The migration that creates the event table adds `protect_history` (`cwf_portal.core.sql_operations`).

    Args:
        exclude: Fields whose changes are nobody's business, or too large.
        by_statement: For tables of which one statement changes thousands: the same history at a tenth of the cost. It
            is found by its row alone, not by what the row refers to.
    """
    track: Callable[[Model], Model] = pghistory.track(
        *(tracker() for tracker in (BY_STATEMENT if by_statement else ROW_BY_ROW)),
        exclude=list(exclude),
        context_field=pghistory.ContextJSONField(null=True),
        context_id_field=pghistory.ContextUUIDField(null=True),
        obj_field=pghistory.ObjForeignKey(db_index=True, db_constraint=False),
        append_only=True,
    )

    def track_many(model: Model) -> Model:
        kept: Any = track(model)
        for field in kept.pgh_event_model._meta.local_fields:
            if isinstance(field, models.ForeignKey) and field.name != "pgh_obj":
                vars(field)["db_index"] = False
        return model

    return track_many if by_statement else track
