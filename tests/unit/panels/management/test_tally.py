import json

import pytest
from django.core.management import CommandError, call_command

from tests.unit.panels.domain.test_pabulib import GOOD


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


def test_tally_names_a_file_that_is_not_there(tmp_path):
    with pytest.raises(CommandError, match="No such file") as refused:
        call_command("tally", str(tmp_path / "absent.pb"))

    assert refused.value.returncode == 2
