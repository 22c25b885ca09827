"""What is handed out about a vote, and that few ballots are not given away by any of it."""

import json

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from cwf_portal.core.clock import advance_clock
from panels.disclosure_presenters import disclosure_words
from panels.domain.disclosure import FULL_FROM, TOTALS_FROM
from panels.domain.tally import Rule
from panels.domain.verifier import one_file
from panels.domain.verifier.checking import verify
from panels.domain.verifier.reading import unpack
from panels.errors import PhaseError
from panels.models import Round, RoundResult
from panels.presenters import PUBLICATION_IN_WORDS, ResultRow, poster_of
from panels.services import cast_ballot, freeze_round, open_box, publish_result
from panels.services.bundle import bundle_of
from tests.unit.panels.builders import World

pytestmark = pytest.mark.django_db


def published(world: World, choices: list[list[str]], rule: Rule = Rule.GREEDY) -> Round:
    """A published vote in which the residents chose these, in turn."""
    round = freeze_round(by=world.chair, round=world.shaped_round(rule=rule))
    advance_clock(to=round.voting_opens_at)
    for number, voter in enumerate(world.residents):
        cast_ballot(by=voter, round=round, choices=choices[number % len(choices)], seen_version=0)
    world.close(round)
    open_box(by=world.chair, round=round, keys=world.keys)
    publish_result(by=world.chair, round=round)
    return Round.objects.in_full().get(pk=round.pk)


@pytest.fixture
def few(world) -> Round:
    """Six ballots: the garden has most votes, then the hall; nobody chose the hub."""
    return published(world, [["3"], ["3", "2"], ["3"]])


@pytest.mark.parametrize("rule", [Rule.GREEDY, Rule.EQUAL_SHARES])
def test_of_few_ballots_only_the_winners_are_told(world, rule):
    """Neither page, table, interface nor bundle has votes, their order, a reason, or the other way of counting."""
    round = published(world, [["3"], ["3", "2"], ["3"]], rule)
    anyone = Client()
    page = anyone.get(f"/rounds/{round.pk}/result/").content.decode()
    table = anyone.get(f"/rounds/{round.pk}/result.csv").content.decode()
    answer = anyone.get(f"/api/v1/rounds/{round.pk}/").json()
    files = unpack(anyone.get(f"/rounds/{round.pk}/bundle.zip").content)

    assert "For comparison" not in page
    assert page.index("Hall Repairs") < page.index("Pocket Garden")
    for text in (page, table):
        assert "Funded 1st" not in text
        assert "was left" not in text
        assert "support stood behind" not in text
    assert round.opening.contents_digest not in page
    assert anyone.get(f"/rounds/{round.pk}/result.pb").status_code == 404
    assert answer["result"].keys() == {"format", "disclosure", "published_at", "spent_pence", "winners"}
    assert answer["result"]["winners"] == ["2", "3"]
    assert json.loads(files["opening.json"]).keys() == {"opened_at", "keepers", "opened_again"}
    assert json.loads(files["reconciliation.json"]).keys() == {"leaves"}
    assert "ballots.pb" not in files


def test_the_record_of_few_ballots_holds_as_far_as_it_goes(few):
    data = Client().get(f"/rounds/{few.pk}/bundle.zip").content

    assert "the public list of ballots only ever grew, from head to head" in verify(data)


def test_between_thirty_and_a_hundred_totals_are_told_and_no_fingerprint_of_the_ballots(db):
    world = World(residents=30)
    round = published(world, [["3"], ["3", "2"], ["1", "3"]])
    anyone = Client()
    page = anyone.get(f"/rounds/{round.pk}/result/").content.decode()
    data = anyone.get(f"/rounds/{round.pk}/bundle.zip").content
    files = unpack(data)

    assert "For comparison" not in page  # by shares, which say more about ballots than their totals
    assert "Only totals are published, because fewer than 100 votes were counted." in page
    assert "more than 20" in page
    assert round.opening.contents_digest not in page
    assert "contents_digest" not in json.loads(files["opening.json"])
    assert json.loads(files["result.json"])["votes"] == {"1": 10, "2": 10, "3": "more than 20"}
    assert verify(data)


def test_the_rules_and_the_result_say_why_only_totals_are_published():
    many = RoundResult(disclosure="totals", counted_count=100)

    assert "unless more than a third of them are ballots that nobody else cast" in PUBLICATION_IN_WORDS
    assert "because more than a third of the ballots are like nobody else’s" in disclosure_words(many)


def test_the_page_on_secrecy_says_from_how_many_votes_on_how_much_is_published(client):
    page = client.get("/how-your-vote-stays-secret/").content.decode()

    assert f"If {FULL_FROM} votes or more are counted, we publish each of them" in page
    assert f"With {TOTALS_FROM} to {FULL_FROM - 1} votes" in page
    assert f"With fewer than {TOTALS_FROM} votes" in page


def test_a_poster_has_what_was_chosen_and_no_more_than_may_be_known(few):
    page = Client().get(f"/rounds/{few.pk}/result/poster/").content.decode()

    assert "Residents chose 2 projects for £52,000 of the £100,000 there is." in page
    assert page.index("Hall Repairs") < page.index("Pocket Garden")
    assert "Corner Hub" not in page
    assert "Votes</th>" not in page
    assert f"http://testserver/rounds/{few.pk}/result/" in page


def test_a_poster_of_many_projects_names_as_many_as_a_sheet_holds():
    rows = [ResultRow(f"Project {n}", 1_00, 1_00, is_funded=True, votes="50", reason="", support="") for n in range(18)]
    poster = poster_of(rows, 20_00)

    assert len(poster["funded"]) == 16
    assert poster["not_listed"] == "And 2 more."
    assert poster["bars"] == [("Chosen by residents", 18_00), ("Left over", 2_00)]


def test_nothing_is_handed_out_before_the_result_is_published(world, round):
    anyone = Client()

    assert anyone.get(f"/rounds/{round.pk}/bundle.zip").status_code == 404
    assert anyone.get(f"/rounds/{round.pk}/result/poster/").status_code == 404
    assert anyone.get(f"/api/v1/rounds/{round.pk}/").status_code == 404
    assert anyone.get("/api/v1/rounds/").json()["results"] == []
    with pytest.raises(PhaseError, match="not published yet"):
        bundle_of(round=Round.objects.in_full().get(pk=round.pk), meta={})


def test_the_list_of_votes_is_open_to_anyone(few, django_assert_max_num_queries):
    with django_assert_max_num_queries(4):
        answer = Client().get("/api/v1/rounds/").json()

    assert [row["id"] for row in answer["results"]] == [few.pk]
    assert answer["results"][0]["disclosure"] == "winners"


def test_the_verifier_is_handed_out_as_one_file():
    assert Client().get("/verify_round.py").content.decode() == one_file()


def test_command_checks_a_bundle_and_refuses_a_changed_one(few, tmp_path, capsys):
    path = tmp_path / "vote.zip"
    data = bundle_of(round=few, meta={})
    path.write_bytes(data)
    call_command("verify_round", str(path), "--json")

    assert json.loads(capsys.readouterr().out)["verified"] is True
    call_command("verify_round", str(path))
    assert "No bundle can prove:" in capsys.readouterr().out
    for changed, status in ((data.replace(b'"2","3"', b'"1","3"'), 2), (data[:100], 2)):
        path.write_bytes(changed)
        with pytest.raises(CommandError) as refused:
            call_command("verify_round", str(path))
        assert refused.value.returncode == status
    path.write_bytes(data)
    with pytest.raises(CommandError, match="another key") as refused:
        call_command("verify_round", str(path), f"--key={'00' * 32}")
    assert refused.value.returncode == 1
