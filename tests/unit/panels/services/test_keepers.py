"""Three keepers from three bodies: named, with keys of their own, reminded; a lost key, two lost keys."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import advance_clock, core_now
from cwf_portal.core.errors import NotAllowedError
from cwf_portal.core.models import OutgoingMessage
from cwf_portal.core.permissions import Role
from panels.domain.key_sheet import read_sheet
from panels.domain.sealing import new_key, public_bytes
from panels.errors import BallotRefusedError, KeeperError, PhaseError
from panels.models import Annulment, Keeper, Phase, Round, SealedBallot
from panels.services import (
    appoint_keeper,
    cast_ballot,
    confirm_key,
    freeze_round,
    make_key,
    open_box,
    register_key,
    report_lost_key,
    still_have_key,
)
from panels.services.keepers import remind_keepers
from tests.unit.panels.builders import World, person

pytestmark = pytest.mark.django_db
Body = Keeper.Body


@pytest.fixture
def round(world: World) -> Round:
    """Collecting ideas; nobody keeps a key yet."""
    return world.round_for_ideas()


def public() -> str:
    return public_bytes(new_key()).hex()


def named(world: World, round: Round) -> list[Keeper]:
    appointers = (world.chair, world.officer, world.chair)
    return [
        appoint_keeper(by=by, round=round, body=body, email=keeper.email)
        for by, body, keeper in zip(appointers, Body, world.keepers, strict=True)
    ]


def test_appoint_keeper_names_three_and_writes_to_each(world, round):
    named(world, round)

    assert [keeper.user for keeper in round.keepers.all()] == world.keepers
    assert set(OutgoingMessage.objects.filter(topic="panels.keepers").values_list("to", flat=True)) == {
        keeper.email for keeper in world.keepers
    }


def test_appoint_keeper_twice_names_once_and_another_takes_the_place(world, round):
    named(world, round)
    named(world, round)
    register_key(by=world.keepers[2], round=round, public_key=public(), made_with=Keeper.MadeWith.TOOL)
    other = person()
    appoint_keeper(by=world.chair, round=round, body=Body.INDEPENDENT, email=other.email.upper())

    assert round.keepers.count() == 3
    assert round.keepers.get(body=3).user == other
    assert round.keepers.get(body=3).public_key == ""
    assert OutgoingMessage.objects.filter(topic="panels.keepers").count() == 4


def test_appoint_keeper_from_the_wrong_body_is_refused(world, round):
    both = person(Role.GRANTS_OFFICER, Role.PANEL_MEMBER)
    member, officer, stranger = world.members[2], person(Role.SENIOR_OFFICER), person()
    for by, body, somebody in (
        (world.chair, Body.PANEL, officer),
        (world.chair, Body.PANEL, stranger),
        (world.officer, Body.FUND, member),
        (world.officer, Body.FUND, stranger),
        (world.chair, Body.INDEPENDENT, member),
        (world.chair, Body.INDEPENDENT, officer),
        (world.chair, Body.INDEPENDENT, both),
        (world.chair, Body.INDEPENDENT, person(Role.ADMINISTRATOR)),
    ):
        with pytest.raises(KeeperError, match="cannot keep this key"):
            appoint_keeper(by=by, round=round, body=body, email=somebody.email)
    assert not Keeper.objects.exists()


def test_appoint_keeper_by_the_wrong_side_is_refused(world, round):
    with pytest.raises(NotAllowedError):
        appoint_keeper(by=world.chair, round=round, body=Body.FUND, email=world.officer.email)
    with pytest.raises(NotAllowedError):
        appoint_keeper(by=world.officer, round=round, body=Body.PANEL, email=world.members[1].email)
    with pytest.raises(NotAllowedError):
        appoint_keeper(by=world.residents[0], round=round, body=Body.INDEPENDENT, email=person().email)


def test_appoint_keeper_without_an_account_is_refused(world, round):
    with pytest.raises(KeeperError, match="Nobody has an account"):
        appoint_keeper(by=world.chair, round=round, body=Body.PANEL, email="nobody@sample.example")


def test_register_key_keeps_the_public_half_and_a_new_one_takes_its_place(world, round):
    named(world, round)
    first, second = public(), public()
    keeper = world.keepers[0]
    register_key(by=keeper, round=round, public_key=f" {first.upper()}\n", made_with=Keeper.MadeWith.TOOL)
    register_key(by=keeper, round=round, public_key=first, made_with=Keeper.MadeWith.TOOL)
    kept = register_key(by=keeper, round=round, public_key=second, made_with=Keeper.MadeWith.BROWSER)

    assert (kept.public_key, kept.made_with) == (second, "browser")


@pytest.mark.parametrize("typed", ["", "04", "zz" * 65, "04" + "00" * 64, "02" + "11" * 64, "04" + "11" * 64])
def test_register_key_refuses_what_is_no_public_key(world, round, typed):
    named(world, round)
    with pytest.raises(KeeperError, match="not a public key"):
        register_key(by=world.keepers[0], round=round, public_key=typed or "1", made_with=Keeper.MadeWith.TOOL)


def test_register_key_refuses_a_key_used_before(world, round):
    named(world, round)
    key = public()
    register_key(by=world.keepers[0], round=round, public_key=key, made_with=Keeper.MadeWith.TOOL)
    with pytest.raises(KeeperError, match="used before"):
        register_key(by=world.keepers[1], round=round, public_key=key, made_with=Keeper.MadeWith.TOOL)


def test_register_key_by_somebody_else_is_refused(world, round):
    with pytest.raises(NotAllowedError, match="You keep no key"):
        register_key(by=world.chair, round=round, public_key=public(), made_with=Keeper.MadeWith.TOOL)


def test_a_key_made_here_is_noted_when_line_2_is_typed_back_and_kept_nowhere(world, round):
    named(world, round)
    by = world.keepers[0]
    shown = make_key(by=by, round=round)
    keeper = confirm_key(by=by, round=round, note=shown.note, line=shown.sheet.lines[1].lower())

    assert keeper.public_key == public_bytes(read_sheet(shown.sheet.text)).hex()
    assert keeper.made_with == "portal"
    assert not any(line.replace(" ", "") in shown.note for line in shown.sheet.lines)


def test_a_key_made_here_is_not_noted_before_the_right_line_2(world, round):
    named(world, round)
    by = world.keepers[0]
    shown, other = make_key(by=by, round=round), make_key(by=by, round=round)
    wrong = shown.sheet.lines[1][:-1] + ("0" if shown.sheet.lines[1][-1] != "0" else "1")
    for line, note, sentence in (
        (wrong, shown.note, "Line 2 is mistyped"),
        (shown.sheet.lines[0], shown.note, "Line 2 is mistyped"),
        (other.sheet.lines[1], shown.note, "another sheet"),
        (shown.sheet.lines[1], shown.note + "x", "out of date"),
        (shown.sheet.lines[1], make_key(by=world.keepers[1], round=round).note, "another key"),
    ):
        with pytest.raises(KeeperError, match=sentence):
            confirm_key(by=by, round=round, note=note, line=line)
    assert round.keepers.get(body=1).public_key == ""


def test_freeze_round_is_refused_until_three_keys_are_made(world, shaped):
    with acting("system:test", "by hand"):
        Keeper.objects.filter(round=shaped).delete()
    with pytest.raises(KeeperError, match="3 are missing: from the panel, the fund, neither of the two"):
        freeze_round(by=world.chair, round=shaped)
    keepers = named(world, shaped)
    for keeper in keepers[:2]:
        register_key(by=keeper.user, round=shaped, public_key=public(), made_with=Keeper.MadeWith.TOOL)
    with pytest.raises(KeeperError, match="1 is missing: from neither of the two"):
        freeze_round(by=world.chair, round=shaped)
    register_key(by=keepers[2].user, round=shaped, public_key=public(), made_with=Keeper.MadeWith.TOOL)

    assert freeze_round(by=world.chair, round=shaped).frozen_at


def test_freeze_round_is_refused_when_a_keeper_has_changed_sides(world, shaped):
    with acting("system:test", "by hand"):
        Keeper.objects.filter(round=shaped, body=3).update(user=person(Role.AUDITOR))
    with pytest.raises(KeeperError, match="neither sit on the panel nor work for the fund"):
        freeze_round(by=world.chair, round=shaped)


def test_keepers_and_keys_cannot_change_after_the_freeze(world, voting):
    by = world.keepers[0]
    with pytest.raises(PhaseError, match="can no longer be changed"):
        register_key(by=by, round=voting, public_key=public(), made_with=Keeper.MadeWith.TOOL)
    with pytest.raises(PhaseError, match="can no longer be changed"):
        appoint_keeper(by=world.chair, round=voting, body=Body.PANEL, email=world.members[3].email)


def test_cast_ballot_is_refused_when_an_administrator_swapped_a_public_key(world, voting, monkeypatch):
    """Whoever can write to the database can put other rules there, but cannot sign them."""
    rules = bytes(voting.rules).replace(voting.keepers.get(body=2).public_key.encode(), public().encode())
    voting.rules = rules
    with pytest.raises(BallotRefusedError, match="not those that were signed"):
        cast_ballot(by=world.residents[0], round=voting, choices=["1"], seen_version=0)

    assert rules != bytes(Round.objects.get(pk=voting.pk).rules)
    assert not SealedBallot.objects.exists()


def test_one_lost_key_is_noted_and_the_other_two_open_the_box(world, voting):
    cast_ballot(by=world.residents[0], round=voting, choices=["1"], seen_version=0)
    keeper = report_lost_key(by=world.keepers[1], round=voting, body=Body.FUND, note="The office moved.")
    report_lost_key(by=world.keepers[1], round=voting, body=Body.FUND, note="Again.")
    world.close(voting)
    opened = open_box(by=world.chair, round=voting, keys=world.keys, keepers=(1, 3))

    assert keeper.lost_note == "The office moved."
    assert opened.opening.counted_count == 1
    assert not Annulment.objects.exists()


def test_two_lost_keys_annul_the_vote(world, voting):
    report_lost_key(by=world.keepers[0], round=voting, body=Body.PANEL, note="Thrown away.")
    report_lost_key(by=world.keepers[2], round=voting, body=Body.INDEPENDENT, note="Burned.")
    round = Round.objects.in_full().get(pk=voting.pk)

    assert round.phase_at(core_now()) is Phase.ANNULLED
    assert "2 of 3 keys are lost" in round.annulment.reason
    with pytest.raises(PhaseError, match="was annulled. Nothing was stored"):
        cast_ballot(by=world.residents[0], round=round, choices=["1"], seen_version=0)
    world.close(round)
    with pytest.raises(PhaseError):
        open_box(by=world.chair, round=round, keys=world.keys)


def test_one_side_alone_annuls_nothing_and_the_keeper_answers(world, voting):
    """All three sheets exist; two members of the panel say that two are lost."""
    OutgoingMessage.objects.all().delete()
    for by, body in ((world.chair, Body.FUND), (world.members[2], Body.INDEPENDENT)):
        for _ in range(2):
            report_lost_key(by=by, round=voting, body=body, note="Nobody answers.")
    with pytest.raises(KeeperError, match="Somebody of your side has said so"):
        report_lost_key(by=world.members[3], round=voting, body=Body.FUND, note="Nobody answers.")

    assert not Annulment.objects.exists()
    letters = OutgoingMessage.objects.filter(subject__startswith="Have you lost your key?")
    assert set(letters.values_list("to", flat=True)) == {world.officer.email, world.keepers[2].email}
    still_have_key(by=world.keepers[2], round=voting)
    assert still_have_key(by=world.keepers[2], round=voting).lost_at is None
    report_lost_key(by=world.officer, round=voting, body=Body.PANEL, note="She is ill.")
    report_lost_key(by=world.chair, round=voting, body=Body.PANEL, note="She is ill.")
    assert not Annulment.objects.exists()
    with pytest.raises(KeeperError, match="noted already that your key is lost"):
        still_have_key(by=world.keepers[0], round=voting)
    report_lost_key(by=world.keepers[1], round=voting, body=Body.FUND, note="It is true.")
    assert Annulment.objects.get().reason.startswith("2 of 3 keys are lost")


def test_the_database_counts_no_key_as_lost_by_one_side(world, voting):
    by = {"lost_at": core_now(), "lost_note": "Gone."}
    chair, other = world.chair, world.members[2]
    for change, rule in (
        ({"lost_side": "keeper", "lost_reported_by": chair}, "lost_said_by"),
        ({"lost_side": "panel", "lost_reported_by": None}, "lost_said_by"),
        ({"lost_side": "panel", "lost_reported_by": world.officer}, "lost_said_by"),
        (
            {"lost_side": "panel", "lost_reported_by": chair, "lost_agreed_by": other, "lost_agreed_side": "panel"},
            "lost_by_both_sides",
        ),
        (
            {"lost_side": "panel", "lost_reported_by": chair, "lost_agreed_by": chair, "lost_agreed_side": "fund"},
            "lost_by_both_sides",
        ),
        (
            {"lost_side": "panel", "lost_reported_by": chair, "lost_agreed_by": other, "lost_agreed_side": "keeper"},
            "lost_by_both_sides",
        ),
    ):
        with (
            pytest.raises(IntegrityError, match=rule),
            acting("system:test", "by hand"),
            transaction.atomic(),
        ):
            Keeper.objects.filter(round=voting, body=2).update(**by | change)
    for body, chosen in ((2, chair), (3, other)):
        with acting("system:test", "by hand"):
            Keeper.objects.filter(round=voting, body=body).update(**by, lost_side="panel", lost_reported_by=chosen)
    with pytest.raises(DatabaseError, match="nobody annuls"), transaction.atomic():
        Annulment.objects.create(round=voting, reason="Two members said so.", annulled_by=chair)


def test_nobody_reports_two_keys_as_lost_and_officers_may_report_one(world, voting):
    report_lost_key(by=world.officer, round=voting, body=Body.PANEL, note="She has died.")
    with pytest.raises(KeeperError, match="You have reported a key"):
        report_lost_key(by=world.officer, round=voting, body=Body.INDEPENDENT, note="Moved away.")
    with (
        pytest.raises(IntegrityError, match="nobody_reports_two_lost"),
        acting("system:test", "by hand"),
        transaction.atomic(),
    ):
        Keeper.objects.filter(round=voting, body=3).update(
            lost_at=core_now(), lost_note="Gone.", lost_reported_by=world.officer, lost_side="fund"
        )
    assert not Annulment.objects.exists()


def test_report_lost_key_refusals(world, shaped):
    with pytest.raises(PhaseError, match="Make another key"):
        report_lost_key(by=world.keepers[0], round=shaped, body=Body.PANEL, note="Lost.")
    freeze_round(by=world.chair, round=shaped)
    with pytest.raises(KeeperError, match="in a sentence"):
        report_lost_key(by=world.keepers[0], round=shaped, body=Body.PANEL, note=" ")
    with pytest.raises(NotAllowedError):
        report_lost_key(by=world.residents[0], round=shaped, body=Body.PANEL, note="Lost.")


def test_keepers_are_reminded_once_a_week_before_close(world, voting):
    OutgoingMessage.objects.all().delete()
    assert remind_keepers(voting.voting_closes_at - timedelta(days=7, seconds=1)) == 0
    advance_clock(to=voting.voting_closes_at - timedelta(days=6))

    assert [remind_keepers(core_now()), remind_keepers(core_now())] == [3, 0]
    assert OutgoingMessage.objects.filter(topic="panels.keepers", body__contains="fingerprint").count() == 3
