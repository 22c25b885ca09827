import re
from base64 import b64encode
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from cwf_portal.core.clock import advance_clock
from cwf_portal.core.models import User
from panels.domain.ballot_paper import encode, naming
from panels.domain.log import leaf_hash
from panels.domain.sealing import Context, seal
from panels.models import LogLeaf, Proposal, Round, SealedBallot
from panels.services import freeze_round, open_box, rules_sheet
from panels.tasks import append_waiting_leaves, waiting_after_close
from tests.unit.panels.builders import World, person

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def address(round: Round, step: str = "") -> str:
    return f"/rounds/{round.pk}/vote/{step}"


@pytest.fixture
def voter(world: World, round: Round) -> Client:
    return signed_in(world.residents[0])


def text_of(response) -> str:
    return response.content.decode()


def test_a_resident_votes_from_start_to_receipt(voter, round, world):
    assert "Start voting" in text_of(voter.get(address(round)))
    ballot = text_of(voter.post(address(round, "ballot/")))
    assert "Corner Hub: £90,000" in ballot
    assert "Choose up to 2." in ballot
    check = text_of(voter.post(address(round, "check/"), {"project": ["1", "3"], "seen": "0"}))
    assert "Corner Hub" in check
    assert "Pocket Garden" in check
    assert "Hall Repairs" not in check
    assert not SealedBallot.objects.exists()
    cast = voter.post(address(round, "cast/"), {"project": ["1", "3"], "seen": "0"})
    assert cast["Location"] == address(round, "receipt/")
    receipt = text_of(voter.get(cast["Location"]))
    assert re.search(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){3}", receipt)
    assert "Corner Hub" not in receipt
    assert "Your receipt" in text_of(voter.get("/home/"))
    assert text_of(voter.get("/my-votes/")).count("Receipt code") == 1


def test_the_choice_is_in_no_session_address_or_message(voter, round):
    voter.post(address(round, "check/"), {"project": ["1", "3"], "seen": "0"})
    cast = voter.post(address(round, "cast/"), {"project": ["1", "3"], "seen": "0"})
    kept = [session.get_decoded() for session in Session.objects.all()]

    assert all(set(session) <= {"_auth_user_id", "_auth_user_backend", "_auth_user_hash"} for session in kept)
    assert "project" not in cast["Location"]
    assert cast["Cache-Control"] == "no-store, private"


def test_the_ballot_is_drawn_for_each_voter_and_stays_the_same(world, round):
    def order(client: Client) -> list[str]:
        return re.findall(r'name="project" value="(\d)"', text_of(client.post(address(round, "ballot/"))))

    clients = [signed_in(resident) for resident in world.residents]
    orders = [order(client) for client in clients]

    assert {tuple(sorted(drawn)) for drawn in orders} == {("1", "2", "3")}
    assert len({tuple(drawn) for drawn in orders}) > 1
    assert order(clients[0]) == orders[0]


def test_a_form_sent_twice_leads_to_the_first_receipt(voter, round):
    voter.post(address(round, "cast/"), {"project": ["1"], "seen": "0"})
    first = SealedBallot.objects.get()
    again = voter.post(address(round, "cast/"), {"project": ["2"], "seen": "0"}, follow=True)

    assert "already in the box. It was not changed" in text_of(again)
    assert bytes(SealedBallot.objects.get().sealed) == bytes(first.sealed)


def test_casting_asks_for_the_voter_and_stores(voter, round, django_assert_num_queries):
    voter.post(address(round, "ballot/"))
    stands = 1  # tests cast inside a transaction, whose limit of time is taken back
    with django_assert_num_queries(3 + stands):  # session, voter, ballot
        voter.post(address(round, "cast/"), {"project": ["1"], "seen": "0"})

    assert SealedBallot.objects.count() == 1


def test_voting_again_replaces_the_ballot(voter, round):
    voter.post(address(round, "cast/"), {"project": ["1"], "seen": "0"})
    assert 'name="seen" value="1"' in text_of(voter.post(address(round, "ballot/")))
    voter.post(address(round, "cast/"), {"project": ["2"], "seen": "1"})

    assert SealedBallot.objects.get().version == 2


def test_changing_choices_carries_them_back_by_post(voter, round):
    page = text_of(voter.post(address(round, "ballot/"), {"project": ["3"], "seen": "0"}))

    assert re.search(r'value="3"[^>]*checked', page)


@pytest.mark.parametrize("step", ["check/", "cast/"])
@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"project": ["9"], "seen": "0"}, "not part of this vote"),
        ({"project": ["1", "2", "3"], "seen": "0"}, "You chose 3 projects; you can choose up to 2. Take some away"),
        ({"seen": "0"}, "Choose one or more projects"),
        ({"project": ["1"]}, "out of date"),
        ({"project": ["1"], "seen": "x"}, "out of date"),
        ({"project": ["1"], "seen": "-1"}, "out of date"),
        ({"project": ["<script>"], "seen": "0"}, "not part of this vote"),
    ],
)
def test_a_tampered_form_is_refused_with_a_sentence_and_stores_nothing(voter, round, step, data, sentence):
    response = voter.post(address(round, step), data)

    assert response.status_code == 400
    assert sentence in text_of(response)
    assert "<title>Error: " in text_of(response)
    assert not SealedBallot.objects.exists()


def test_voting_after_close_is_refused_and_stores_nothing(voter, round):
    advance_clock(to=round.voting_closes_at)
    response = voter.post(address(round, "cast/"), {"project": ["1"], "seen": "0"})

    assert response.status_code == 409
    assert "has closed. Nothing was stored." in text_of(response)
    assert "Voting closed on" in text_of(voter.get(address(round)))
    assert not SealedBallot.objects.exists()


@pytest.mark.parametrize("step", ["ballot/", "check/", "cast/", "cast-sealed/", "withdraw/"])
def test_whoever_comes_too_late_reads_when_voting_closed_and_that_their_earlier_ballot_stands(voter, round, step):
    voter.post(address(round, "cast/"), {"project": ["1"], "seen": "0"})
    advance_clock(to=round.voting_closes_at)
    response = voter.post(address(round, step), {"project": ["2"], "seen": "1"})
    page = text_of(response)

    assert (response.status_code, "<title>Error: " in page) == (409, True)
    assert "has closed. Nothing was stored." in page
    assert "Voting closed on" in page
    assert "Your ballot is in the box." in page
    assert address(round, "receipt/") in page
    assert "try once more" not in page
    assert SealedBallot.objects.get().version == 1


def test_closing_between_ballot_and_cast_is_refused_by_the_database(voter, round, monkeypatch):
    """The page was still let through; the statement that stores asks the clock again."""
    monkeypatch.setattr("panels.views.voting.enrol", lambda **_: round.roll.first())
    advance_clock(to=round.voting_closes_at + timedelta(seconds=1))
    response = voter.post(address(round, "cast/"), {"project": ["1"], "seen": "0"})

    assert response.status_code == 409
    assert not SealedBallot.objects.exists()


def test_voting_before_opening_is_refused(world, shaped):
    round = freeze_round(by=world.chair, round=shaped)
    response = signed_in(world.residents[0]).post(address(round, "cast/"), {"project": ["1"], "seen": "0"})

    assert response.status_code == 409
    assert "has not begun yet. Nothing was stored." in text_of(response)


def test_somebody_who_has_not_said_where_they_live_is_told_what_to_do(round):
    client = signed_in(person())

    assert "Tell us where you live" in text_of(client.get(address(round)))
    refused = client.post(address(round, "cast/"), {"project": ["1"], "seen": "0"})
    assert refused.status_code == 409
    assert "You have not told us yet where you live." in text_of(refused)
    assert "Before you can vote, tell us where you live" in text_of(refused)


def test_voting_needs_a_sign_in_and_a_token(round):
    assert Client().get(address(round)).status_code == 302
    assert Client().post(address(round, "cast/")).status_code == 302
    assert signed_in(person()).get(address(round, "cast/")).status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(person())
    assert strict.post(address(round, "cast/"), {"project": ["1"], "seen": "0"}).status_code == 403


def test_ballot_and_check_reached_by_address_lead_to_the_start(voter, round):
    for step in ("ballot/", "check/"):
        assert voter.get(address(round, step))["Location"] == address(round)
    assert voter.get(address(round, "receipt/"))["Location"] == address(round)


def test_an_unknown_vote_is_not_found(voter):
    assert voter.get("/rounds/999999/vote/").status_code == 404


def test_the_public_list_answers_about_a_code(voter, round, world):
    voter.post(address(round, "cast/"), {"project": ["1"], "seen": "0"})
    code = re.search(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){3}", text_of(voter.get(address(round, "receipt/"))))[0]

    def answer(typed: str) -> str:
        return text_of(Client().get(f"/rounds/{round.pk}/ballots/", {"code": typed}))

    assert "No ballot with this code is in the list yet." in answer(code)
    advance_clock(to=round.voting_closes_at)
    assert waiting_after_close(round.voting_closes_at).count() == 1
    assert append_waiting_leaves(round.voting_closes_at) == 1
    assert waiting_after_close(round.voting_closes_at).count() == 0
    assert "This ballot is in the list, as entry 1." in answer(code.lower().replace("-", " "))
    assert "This is not a receipt code" in answer("UUUU")
    assert "this has 4" in answer("ABCD")


def test_an_idea_is_put_forward_once(world):
    round = world.round_for_ideas()
    client, page = signed_in(world.residents[0]), f"/rounds/{round.pk}/ideas/new/"
    token = re.search(r'name="submission" value="([^"]+)"', text_of(client.get(page)))[1]
    data = {"title": "Warm Halls", "what": "Insulate the halls.", "kind": "meet", "submission": token}
    for _ in range(2):
        assert re.fullmatch(r"/ideas/\d+/", client.post(page, data)["Location"])

    assert Proposal.objects.get().title == "Warm Halls"
    assert "Warm Halls" in text_of(Client().get(f"/rounds/{round.pk}/ideas/"))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"title": ""}, "Enter a name for your idea"),
        ({"what": "x" * 601}, "must be 600 characters or fewer"),
        ({"kind": "weapons"}, "Choose one of the answers listed"),
        ({"submission": "not-a-uuid"}, "out of date"),
        ({"title": "a\u202eb"}, "hidden characters"),
    ],
)
def test_an_idea_that_cannot_be_taken_says_why(world, change, sentence):
    round = world.round_for_ideas()
    good = {"title": "T", "what": "W", "kind": "meet", "submission": "6ff94bd5-29f5-4a43-a52d-66c5b1f4f1b5"}
    response = signed_in(world.residents[0]).post(f"/rounds/{round.pk}/ideas/new/", good | change)

    assert response.status_code == 400
    assert sentence in text_of(response)
    assert not Proposal.objects.exists()


def test_an_idea_from_elsewhere_or_out_of_time_is_refused(world):
    round = world.round_for_ideas()
    page = f"/rounds/{round.pk}/ideas/new/"
    good = {"title": "T", "what": "W", "kind": "meet", "submission": "6ff94bd5-29f5-4a43-a52d-66c5b1f4f1b5"}

    assert "Ideas come from people who live here." in text_of(signed_in(person()).post(page, good))
    advance_clock(to=round.ideas_close_at)
    assert "is not collecting ideas now" in text_of(signed_in(world.residents[0]).post(page, good))
    assert not Proposal.objects.exists()


def sealed_by_a_browser(round: Round, places: tuple[int, ...] = (0,)) -> bytes:
    sheet = rules_sheet(round)
    return seal(encode(naming(places, 3), sheet.ballot), sheet.keepers, sheet.context)


def send_sealed(voter: Client, round: Round, *, sealed: bytes, seen: str = "0"):
    return voter.post(address(round, "cast-sealed/"), {"sealed": b64encode(sealed).decode(), "seen": seen})


def test_a_ballot_sealed_in_the_browser_is_boxed_as_it_came(voter, round):
    sealed = sealed_by_a_browser(round)
    first = send_sealed(voter, round, sealed=sealed)
    again = send_sealed(voter, round, sealed=sealed)

    assert first["Location"] == again["Location"] == address(round, "receipt/")
    assert first.cookies[f"__Host-draft-{round.pk}"].value == ""  # whatever was put aside on this device is gone
    assert bytes(SealedBallot.objects.get().sealed) == sealed
    assert SealedBallot.objects.get().version == 1


@pytest.mark.parametrize("change", [lambda s: s[:-1], lambda s: s + b"x", lambda s: b"", lambda s: b"\2" + s[1:]])
def test_a_sealed_ballot_of_another_length_or_version_is_refused(voter, round, change):
    response = send_sealed(voter, round, sealed=change(sealed_by_a_browser(round)))

    assert (response.status_code, "not a sealed ballot of this vote" in text_of(response)) == (409, True)
    assert not SealedBallot.objects.exists()


@pytest.mark.parametrize("data", [{}, {"sealed": "no base 64 ü", "seen": "0"}, {"sealed": "", "seen": "x"}])
def test_a_sealed_form_that_is_out_of_date_is_refused(voter, round, data):
    assert voter.post(address(round, "cast-sealed/"), data).status_code == 409
    assert not SealedBallot.objects.exists()


def test_a_sealed_ballot_of_another_round_is_refused_by_its_length_or_counts_as_nothing(world, voter, round):
    """Bound to other rules it has the same length; nobody can tell before the box is opened, and then it is invalid."""
    sheet = rules_sheet(round)
    other = seal(encode(naming((0,), 3), sheet.ballot), sheet.keepers, Context(bytes(16), sheet.hash))
    too_many = sealed_by_a_browser(round, (0, 1, 2))
    send_sealed(voter, round, sealed=other)
    send_sealed(signed_in(world.residents[1]), round, sealed=too_many)
    world.close(round)
    opened = open_box(by=world.chair, round=round, keys=world.keys)

    assert (opened.opening.counted_count, opened.opening.invalid_count) == (0, 2)


def test_somebody_elses_sealed_ballot_cannot_be_sent_again(world, voter, round):
    sealed = sealed_by_a_browser(round)
    send_sealed(voter, round, sealed=sealed)
    copied = send_sealed(signed_in(world.residents[1]), round, sealed=sealed)

    assert (copied.status_code, "was sent before" in text_of(copied)) == (409, True)
    assert SealedBallot.objects.count() == 1


def test_an_old_sealed_ballot_cannot_come_back_after_it_is_in_the_public_list(world, voter, round):
    first = sealed_by_a_browser(round)
    send_sealed(voter, round, sealed=first)
    send_sealed(voter, round, sealed=sealed_by_a_browser(round, (1,)), seen="1")
    LogLeaf.objects.create(round=round, position=1, leaf=leaf_hash(first))
    back = send_sealed(voter, round, sealed=first, seen="2")

    assert (back.status_code, "was sent before" in text_of(back)) == (409, True)
    assert SealedBallot.objects.get().version == 2


def test_a_sealed_ballot_after_close_and_before_opening_is_refused(world, shaped):
    round = freeze_round(by=world.chair, round=shaped)
    early = send_sealed(signed_in(world.residents[0]), round, sealed=sealed_by_a_browser(round))
    advance_clock(to=round.voting_closes_at)
    late = send_sealed(signed_in(world.residents[0]), round, sealed=sealed_by_a_browser(round))

    assert "has not begun yet. Nothing was stored" in text_of(early)
    assert "has closed. Nothing was stored" in text_of(late)
    assert not SealedBallot.objects.exists()


@pytest.fixture
def over_https(settings):
    settings.PLAIN_HTTP = False


def test_a_ballot_is_put_aside_on_the_voters_own_device_only(over_https, world, voter, round):
    assert "Save and come back later" in text_of(voter.post(address(round, "ballot/")))
    saved = voter.post(address(round, "check/"), {"project": ["1", "3"], "seen": "0", "save": "yes"})
    cookie = saved.cookies[f"__Host-draft-{round.pk}"]
    start = text_of(voter.get(address(round)))
    ballot = text_of(voter.post(address(round, "ballot/")))

    assert saved["Location"] == address(round)
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, True, "Strict", "/")
    assert (cookie["max-age"], cookie["expires"]) == ("", "")
    assert "You began to choose on this device" in start
    assert sorted(re.findall(r'value="(\d)"[^>]*checked', ballot)) == ["1", "3"]
    kept = [session.get_decoded() for session in Session.objects.all()]
    assert all(set(session) <= {"_auth_user_id", "_auth_user_backend", "_auth_user_hash"} for session in kept)
    assert not SealedBallot.objects.exists()


def test_drafts_have_one_length_and_end_with_the_vote(over_https, voter, round):
    lengths = set()
    for chosen in ([], ["1"], ["1", "2", "3"]):
        saved = voter.post(address(round, "check/"), {"project": chosen, "seen": "0", "save": "yes"})
        lengths.add(len(saved.cookies[f"__Host-draft-{round.pk}"].value))
    cast = voter.post(address(round, "cast/"), {"project": ["1"], "seen": "0"})

    assert len(lengths) == 1
    assert cast.cookies[f"__Host-draft-{round.pk}"].value == ""


def test_a_draft_outlives_a_change_of_the_secret(over_https, settings, voter, round):
    voter.post(address(round, "check/"), {"project": ["1", "3"], "seen": "0", "save": "yes"})
    before, settings.SECRET_KEY = settings.SECRET_KEY, "another"
    settings.SECRET_KEY_FALLBACKS = [before]
    ballot = text_of(voter.post(address(round, "ballot/")))
    assert sorted(re.findall(r'value="(\d)"[^>]*checked', ballot)) == ["1", "3"]


def test_somebody_elses_draft_or_a_changed_one_is_not_read(over_https, world, voter, round):
    voter.post(address(round, "check/"), {"project": ["1", "3"], "seen": "0", "save": "yes"})
    other = signed_in(world.residents[1])
    name = f"__Host-draft-{round.pk}"
    token = voter.cookies[name].value
    for value in (token, token[:-4] + "AAA=", "x"):
        other.cookies[name] = value
        assert re.findall(r'value="\d"[^>]*checked', text_of(other.post(address(round, "ballot/")))) == []


def test_no_draft_is_offered_or_kept_over_plain_http(settings, voter, round):
    settings.PLAIN_HTTP = True
    assert "Save and come back later" not in text_of(voter.post(address(round, "ballot/")))
    sent = voter.post(address(round, "check/"), {"project": ["1"], "seen": "0", "save": "yes"})

    assert not any(name.startswith("__Host-draft") for name in sent.cookies)
    assert "Check your vote" in text_of(sent)
