"""What keepers found, what the list adds up to, certification by two, and what is gone afterwards."""

import json
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import advance_clock, core_now
from cwf_portal.core.errors import ConflictError, NotAllowedError
from cwf_portal.core.models import OutgoingMessage, User
from cwf_portal.core.permissions import Role
from panels.errors import KeeperError, PanelError, PhaseError
from panels.models import (
    Annulment,
    Attestation,
    Certification,
    CountedBallot,
    Keeper,
    LogLeaf,
    Objection,
    Reconciliation,
    Round,
    RoundResult,
    SealedBallot,
)
from panels.selectors import keepers_to_check
from panels.services import (
    attest_contents,
    call_for_annulment,
    cast_ballot,
    certify_round,
    export_of,
    keepers_to_open_again,
    mail_receipt,
    name_opening_set,
    open_box,
    publish_result,
    receipt_for,
    report_lost_key,
    text_receipt,
    unexplained_entries,
)
from panels.waiting import waiting
from tests.unit.panels.builders import World, moves_in, person
from tests.unit.panels.tools.test_keeper_tool import tool

pytestmark = pytest.mark.django_db


def opened(world: World, box: Round) -> Round:
    return open_box(by=world.chair, round=box, keys=world.keys)


def attested(world: World, round: Round) -> Round:
    """Both keepers found the same off the portal."""
    for keeper in world.keepers[:2]:
        attest_contents(by=keeper, round=round, digest=round.opening.contents_digest)
    return round


def over(world: World, box: Round) -> Round:
    """Published, and the challenge window has passed."""
    round = attested(world, opened(world, box))
    mail_receipt(by=world.residents[0], round=round)
    text_receipt(by=world.residents[0], round=round, number="07700 900982")
    publish_result(by=world.chair, round=round)
    advance_clock(to=core_now() + timedelta(days=14))
    return round


def test_every_entry_of_the_list_is_explained(world, box):
    round = opened(world, box)
    row = Reconciliation.objects.get(round=round)

    assert (row.channel, row.leaves_count, row.opened_count, row.replaced_count) == ("web", 6, 5, 1)
    assert unexplained_entries(round) == 0


@pytest.mark.parametrize("change", [{"opened_count": 4}, {"channel": "fax"}, {"channel": "web", "twice": True}])
def test_reconciliation_rules(world, box, change):
    round = opened(world, box)
    values = {"channel": "paper", "leaves_count": 5, "opened_count": 5, "replaced_count": 0} | change
    values.pop("twice", None)
    with pytest.raises(DatabaseError, match="panels_reconciliation"), transaction.atomic():
        Reconciliation.objects.create(round=round, **values)


def test_the_two_keepers_open_the_export_with_the_tool_and_publish_what_they_found(world, box):
    round = opened(world, box)
    export = json.loads(json.dumps(export_of(by=world.keepers[0], round=round)))
    secrets = {n: world.keys.read(round.code, n).private.private_numbers().private_value for n in (1, 2)}
    counted, invalid, digest = tool.open_export(export, secrets, plain=True)
    for keeper in world.keepers[:2]:
        attest_contents(by=keeper, round=round, digest=f" {digest.upper()} ")

    assert (counted, invalid, digest) == (5, 0, round.opening.contents_digest)
    assert set(Attestation.objects.values_list("digest", flat=True)) == {digest}


def test_attest_contents_refusals(world, box):
    round = box
    with pytest.raises(PhaseError, match="not open yet"):
        attest_contents(by=world.keepers[0], round=round, digest="0" * 64)
    round = open_box(by=world.chair, round=round, keys=world.keys)
    with pytest.raises(NotAllowedError):
        attest_contents(by=world.keepers[2], round=round, digest="0" * 64)
    with pytest.raises(KeeperError, match="64 letters and digits"):
        attest_contents(by=world.keepers[0], round=round, digest="12")
    with pytest.raises(KeeperError, match="not the fingerprint of the ballots that were counted"):
        attest_contents(by=world.keepers[0], round=round, digest="0" * 64)
    assert not Attestation.objects.exists()
    attest_contents(by=world.keepers[0], round=round, digest="0" * 64, is_sure=True)
    with pytest.raises(KeeperError, match="another fingerprint before"):
        attest_contents(by=world.keepers[0], round=round, digest="1" * 64)


def test_export_is_for_keepers_once_the_set_is_signed(world, box):
    round = box
    with pytest.raises(PhaseError):
        export_of(by=world.keepers[0], round=round)
    name_opening_set(by=world.chair, round=round)
    with pytest.raises(NotAllowedError):
        export_of(by=world.chair, round=round)
    export = export_of(by=world.keepers[0], round=round)

    assert set(export) == {
        "format", "rules", "rules_signature", "set_salt", "set_hash", "set_signature", "log", "sealed",
    }  # fmt: skip
    assert (len(export["sealed"]), len(export["log"])) == (5, 7)


def test_certify_round_by_two_deletes_what_could_be_opened_and_keeps_the_result(world, box):
    round = over(world, box)
    OutgoingMessage.objects.filter(topic="panels.keepers").delete()
    certify_round(by=world.chair, round=round)
    done = certify_round(by=world.officer, round=round)
    again = certify_round(by=world.members[2], round=round)

    assert (done.asked_by, done.certified_by, again.certified_by) == (world.chair, world.officer, world.officer)
    assert not SealedBallot.objects.filter(roll_entry__round=round).exists()
    assert not OutgoingMessage.objects.filter(topic=f"panels.receipt:{round.pk}").exists()
    assert not OutgoingMessage.objects.filter(to="+447700900982").exists()
    assert OutgoingMessage.objects.filter(topic="panels.keepers", body__contains="destroy").count() == 0
    assert OutgoingMessage.objects.filter(topic="panels.keepers", subject__contains="destroy").count() == 3
    assert CountedBallot.objects.filter(round=round).count() == 5
    assert receipt_for(user=world.residents[0], round=round) is None
    with pytest.raises(PhaseError, match="its sealed ballots are deleted"):
        open_box(by=world.chair, round=round, keys=world.keys)
    with pytest.raises(PhaseError, match="no copy of the box"):
        export_of(by=world.keepers[0], round=round)


def test_certify_round_by_one_is_refused_by_service_and_database(world, box):
    round = over(world, box)
    certify_round(by=world.chair, round=round)
    with pytest.raises(NotAllowedError, match="a second person"):
        certify_round(by=world.chair, round=round)
    with (
        pytest.raises(DatabaseError, match="by_two"),
        acting("system:test", "by hand"),
        transaction.atomic(),
    ):
        Certification.objects.update(certified_by=world.chair, certified_at=core_now())

    assert SealedBallot.objects.exists()


def test_certify_round_waits_for_the_result_and_the_challenge_window(world, box):
    round = opened(world, box)
    with pytest.raises(PhaseError, match="no published result"):
        certify_round(by=world.chair, round=round)
    publish_result(by=world.chair, round=round)
    advance_clock(to=core_now() + timedelta(days=13))
    with pytest.raises(PhaseError, match="can object"):
        certify_round(by=world.chair, round=round)
    with pytest.raises(NotAllowedError):
        certify_round(by=world.residents[0], round=round)


def test_a_result_is_neither_published_nor_certified_when_a_ballot_vanished(world, box):
    """Somebody deletes a sealed ballot before the opening: the list has an entry that nothing explains."""
    SealedBallot.objects.filter(roll_entry__user=world.residents[0]).delete()
    round = open_box(by=world.chair, round=box, keys=world.keys)

    assert unexplained_entries(round) == 1
    with pytest.raises(PanelError, match="no ballot explains 1 entry"):
        publish_result(by=world.chair, round=round)
    assert RoundResult.objects.get(round=round).published_at is None


def test_certify_round_is_refused_when_the_list_grew_since(world, box):
    round = opened(world, box)
    publish_result(by=world.chair, round=round)
    LogLeaf.objects.create(round=round, position=round.log.count(), leaf=b"\1" * 32)
    advance_clock(to=core_now() + timedelta(days=14))

    with pytest.raises(PanelError, match="no ballot explains 1 entry"):
        certify_round(by=world.chair, round=round)


def test_certify_round_is_refused_when_a_keeper_found_other_ballots(world, box):
    round = opened(world, box)
    attest_contents(by=world.keepers[0], round=round, digest="0" * 64, is_sure=True)
    publish_result(by=world.chair, round=round)
    advance_clock(to=core_now() + timedelta(days=14))
    with pytest.raises(PanelError, match="found other ballots"):
        certify_round(by=world.chair, round=round)


def test_certify_round_waits_for_both_keepers_second_look_but_not_for_a_lost_sheet(world, box):
    round = opened(world, box)
    publish_result(by=world.chair, round=round)
    advance_clock(to=core_now() + timedelta(days=14))
    attest_contents(by=world.keepers[0], round=round, digest=round.opening.contents_digest)
    assert [keeper.user for keeper in keepers_to_open_again(round)] == [world.keepers[1]]
    assert [keeper.round for keeper in keepers_to_check(world.keepers[1])] == [round]
    assert not keepers_to_check(world.keepers[0])
    assert not keepers_to_check(world.keepers[2])
    with pytest.raises(PhaseError, match=f"{world.keepers[1]} opened the box here"):
        certify_round(by=world.chair, round=round)
    report_lost_key(by=world.chair, round=round, body=Keeper.Body.FUND, note="She does not answer.")
    assert [keeper.user for keeper in keepers_to_open_again(round)] == [world.keepers[1]]  # one side's word is not hers
    for body, note in ((2, "It burned."), (3, "It was never needed.")):  # once open, two lost sheets annul nothing
        keeper = world.keepers[body - 1]
        report_lost_key(by=keeper, round=round, body=Keeper.Body(body), note=note)
    assert not Annulment.objects.exists()
    certify_round(by=world.chair, round=round)
    certify_round(by=world.officer, round=round)
    with pytest.raises(PhaseError, match="is over"):
        report_lost_key(by=world.keepers[0], round=round, body=Keeper.Body.PANEL, note="Gone.")


def test_mail_receipt_holds_the_code_and_no_choice(world, round):
    with pytest.raises(ConflictError, match="No ballot of yours"):
        mail_receipt(by=world.residents[0], round=round)
    receipt = cast_ballot(by=world.residents[0], round=round, choices=["1"], seen_version=0)
    message = mail_receipt(by=world.residents[0], round=round)

    assert receipt.code in message.body
    assert "Corner Hub" not in message.body


def test_certify_round_needs_one_second_look_whatever_both_keepers_have_lost(world, box):
    round = opened(world, box)
    publish_result(by=world.chair, round=round)
    advance_clock(to=core_now() + timedelta(days=14))
    for keeper, body in zip(world.keepers[:2], (1, 2), strict=True):
        report_lost_key(by=keeper, round=round, body=Keeper.Body(body), note="It burned.")
    with pytest.raises(PhaseError, match="Nobody has opened the box once more"):
        certify_round(by=world.chair, round=round)


def asked_to_certify(user: User) -> list[str]:
    """What the home page of `user` says of votes to certify."""
    return [item.detail for item in waiting(user) if item.title.startswith("Certify the vote")]


def test_a_vote_to_certify_waits_on_the_home_pages_of_the_panel_and_the_fund_until_two_have(world, box):
    """Nobody would delete the sealed ballots otherwise: the vote is over, and people look elsewhere."""
    round = over(world, box)
    member, officer = world.members[1], person(Role.GRANTS_OFFICER)
    people = (world.chair, member, officer)
    assert all("Nobody can object any more" in said for one in people for said in asked_to_certify(one))
    assert [len(asked_to_certify(one)) for one in (*people, world.residents[0], World().chair)] == [1, 1, 1, 0, 0]

    certify_round(by=world.chair, round=round)
    assert asked_to_certify(world.chair) == []
    assert f"{world.chair} asked for it" in asked_to_certify(officer)[0]
    for one in (world.chair, member):
        moves_in(one, with_=world.residents[0])
    assert asked_to_certify(member) == []

    certify_round(by=officer, round=round)
    assert asked_to_certify(officer) == []


def test_a_vote_waits_for_nobody_to_certify_it_while_people_can_object(world, box):
    publish_result(by=world.chair, round=attested(world, opened(world, box)))
    advance_clock(to=core_now() + timedelta(days=13))
    assert asked_to_certify(world.chair) == []
    advance_clock(to=core_now() + timedelta(days=1))
    assert len(asked_to_certify(world.chair)) == 1


def test_a_vote_waits_for_nobody_to_certify_it_before_keepers_looked_and_objections_are_answered(world, box):
    round = opened(world, box)
    publish_result(by=world.chair, round=round)
    assert asked_to_certify(world.chair) == []
    advance_clock(to=core_now() + timedelta(days=14))
    assert asked_to_certify(world.chair) == []

    attested(world, round)
    assert len(asked_to_certify(world.chair)) == 1
    Objection.objects.create(round=round, objector=world.residents[0], text="The poster named another day.")
    assert asked_to_certify(world.chair) == []


def test_an_annulled_vote_waits_for_two_people_who_end_it(world, box):
    round = opened(world, box)
    for one in (world.chair, world.officer):
        call_for_annulment(by=one, round=round, reason="Two keys are lost.")

    assert "It is annulled" in asked_to_certify(world.chair)[0]
