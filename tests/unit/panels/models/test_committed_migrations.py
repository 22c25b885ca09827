"""What a migration makes of rows that only the owner of the tables changes."""

from functools import partial

import pytest
from django.db import DatabaseError, connections, transaction
from django.utils.timezone import localdate

from cwf_portal.core.clock import core_now
from panels.domain.people import turns_sixteen_on
from panels.models import FirstVote
from panels.services import vote_first
from tests.unit.panels.builders import taken_up, tell_voting
from tests.unit.panels.models.test_migrations import ONE_PERSON, years_ago
from tests.unit.panels.services.test_first_votes import voter
from tests.unit.panels.services.test_residence import details


def test_a_ballot_by_email_from_before_votes_had_an_age_of_their_own_says_who_is_young(committed_beginning):
    """As the owner runs it: what was typed is never changed otherwise."""
    world = taken_up(committed_beginning("lonely_voting", partial(tell_voting, residents=1)))
    for number, day in enumerate((years_ago(17), years_ago(40))):
        typed = voter(details=details(born_on=day, full_name=f"Typed {number}"), email=f"typed{number}@sample.example")
        vote_first(voter=typed, round=world.told, choices=["1"])
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute(ONE_PERSON.MAY_CHANGE)
        cursor.execute("UPDATE panels_firstvote SET of_age_on = NULL")
        ONE_PERSON.note_who_is_young(cursor, "panels_firstvote")
        cursor.execute(ONE_PERSON.MAY_NOT_CHANGE)
    kept = FirstVote.objects.order_by("pk").values_list("of_age_on", flat=True)
    assert list(kept) == [turns_sixteen_on(years_ago(17), localdate(core_now())), None]
    with pytest.raises(DatabaseError), transaction.atomic():
        FirstVote.objects.update(of_age_on=None)
