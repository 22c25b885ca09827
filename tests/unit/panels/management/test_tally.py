import json
import os
import subprocess
import sys

import pytest
from django.core.management import CommandError, call_command

from tests.support.cluster import CHECKOUT
from tests.unit.panels.domain.test_pabulib import GOOD, RANKED


@pytest.fixture
def pb_file(tmp_path):
    path = tmp_path / "vote.pb"
    path.write_text(GOOD, encoding="utf-8")
    return path


def test_tally_prints_winners_as_text_in_order_of_selection(pb_file, capsys):
    call_command("tally", str(pb_file), "--json")
    printed = json.loads(capsys.readouterr().out)

    assert printed["winners"] == ["11"]
    assert printed["spent"] == 50
    assert printed["seconds"] >= 0


@pytest.mark.parametrize("completion", ["none", "add1", "add1+greedy"])
def test_tally_takes_every_rule(pb_file, capsys, completion):
    call_command("tally", str(pb_file), "--rule=equal-shares", "--utility=cardinality", f"--completion={completion}")

    assert "1 of 2 projects" in capsys.readouterr().out


@pytest.mark.parametrize(("content", "sentence"), [("not a vote", "must begin with META"), ("", "is missing or empty")])
def test_tally_refuses_other_files_with_a_sentence_and_status_2(tmp_path, content, sentence):
    path = tmp_path / "other.pb"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(CommandError, match=sentence) as refused:
        call_command("tally", str(path))

    assert refused.value.returncode == 2


def test_tally_prints_exactly_what_was_agreed(pb_file, capsys):
    call_command("tally", str(pb_file), "--json")

    assert list(json.loads(capsys.readouterr().out)) == ["winners", "spent", "seconds"]


OURS = GOOD.replace("budget;100", "budget;100\ncounting;greedy cost none\nmin_project_score_threshold;3")


@pytest.mark.parametrize(
    ("content", "options", "expected"),
    [
        (OURS, [], {"winners": [], "spent": 0, "at_least": 3, "at_least_from": "file"}),
        (OURS, ["--at-least=2"], {"winners": ["11"], "spent": 50, "at_least": 2, "at_least_from": "option"}),
        (OURS, ["--at-least=0"], {"winners": ["11"], "spent": 50}),
        (OURS.replace("counting;greedy cost none\n", ""), [], {"winners": ["11"], "spent": 50}),
    ],
)
def test_tally_asks_for_the_votes_that_our_own_file_asks_for_unless_told_otherwise(
    tmp_path, capsys, content, options, expected
):
    """Files of other cities are counted as before: their published results do not all follow what their files say."""
    path = tmp_path / "ours.pb"
    path.write_text(content, encoding="utf-8")
    call_command("tally", str(path), "--json", *options)
    printed = json.loads(capsys.readouterr().out)
    del printed["seconds"]

    assert printed == expected
    call_command("tally", str(path), *options)
    assert ("a project needs 3 votes, by the file" in capsys.readouterr().out) is (expected.get("at_least") == 3)


def test_tally_gives_what_is_left_to_a_project_that_can_start_with_it(tmp_path, capsys):
    """After the 50 of project 11 there are 50 left, and 7 costs 60; a real file has no such column."""
    path = tmp_path / "parts.pb"
    content = GOOD.replace("name;selected", "name;smallest_part").replace('river";1', 'river";40')
    path.write_text(content.replace('roof";0', 'roof";'), encoding="utf-8")
    call_command("tally", str(path), "--json")
    printed = json.loads(capsys.readouterr().out)
    assert (printed["winners"], printed["spent"], printed["part"]) == (["11", "7"], 100, 50)
    call_command("tally", str(path))
    assert "\t50 of 60\n" in capsys.readouterr().out


def test_tally_refuses_a_file_of_ours_that_asks_for_no_number_of_votes(tmp_path):
    path = tmp_path / "ours.pb"
    path.write_text(OURS.replace("threshold;3", "threshold;many"), encoding="utf-8")
    with pytest.raises(CommandError, match="min_project_score_threshold is 'many', which is no whole number"):
        call_command("tally", str(path))


def test_tally_counts_ranks_by_points_and_says_where_a_rule_does_not_apply(tmp_path, capsys):
    path = tmp_path / "ranked.pb"
    path.write_text(RANKED, encoding="utf-8")
    call_command("tally", str(path), "--at-least=3")

    assert capsys.readouterr().out.startswith("b\t6 points")
    with pytest.raises(CommandError, match="equal shares needs ballots that only name projects") as refused:
        call_command("tally", str(path), "--rule=equal-shares")
    assert refused.value.returncode == 2


def test_tally_in_a_process_of_its_own_needs_no_database_and_ends_with_2(tmp_path, pb_file):
    """With a database that is not there, the count is the same; a bad file gives one sentence and no traceback."""
    broken = tmp_path / "broken.pb"
    broken.write_text(GOOD.replace("budget;100", "budget;lots"), encoding="utf-8")
    nowhere = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    runs = [
        subprocess.run(  # noqa: S603 - our own interpreter and command
            [sys.executable, "manage.py", "tally", str(path), "--json"],
            capture_output=True, text=True, check=False, env=os.environ | nowhere, cwd=CHECKOUT,
        )
        for path in (pb_file, broken)
    ]  # fmt: skip

    assert json.loads(runs[0].stdout)["winners"] == ["11"]
    assert runs[1].returncode == 2
    assert runs[1].stderr.splitlines()[-1].endswith("line 6: budget is 'lots', which is not a number")
    assert "Traceback" not in runs[1].stderr


def test_tally_names_a_file_that_is_not_there(tmp_path):
    with pytest.raises(CommandError, match="No such file") as refused:
        call_command("tally", str(tmp_path / "absent.pb"))

    assert refused.value.returncode == 2
