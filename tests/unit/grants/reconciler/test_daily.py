"""The daily check, the command, and the alarm on the desk, over a fund that has paid."""

import json
import threading
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import override_settings

from cwf_portal.core.clock import advance_clock, core_now
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Role
from cwf_portal.core.waiting import waiting_for
from grants.models import ReconciliationReport
from grants.reconciler import reconcile
from grants.selectors.days import today
from grants.services.reconciling import keep_reconciliation
from grants.tasks.reconciliation import check_daily
from tests.support.days import let_a_day_pass
from tests.unit.grants.conftest import make_person
from tests.unit.grants.paid_books import Forge
from tests.unit.grants.views.test_payments import signed_in

TWICE = "UPDATE grants_statementline SET amount_pence = amount_pence - 700 WHERE match = 'confirmed'"
ALARM = "Schedule, books and bank do not agree"


def waiting_titles(user: User) -> list[str]:
    return [item.title for items in waiting_for(User.objects.get(pk=user.pk)).values() for item in items]


@pytest.fixture
def auditor(books: None) -> User:
    return make_person("auditor", Role.AUDITOR)


def test_check_is_made_once_a_day_and_kept(books: None) -> None:
    done = [check_daily(core_now()), check_daily(core_now())]
    let_a_day_pass()
    done.append(check_daily(core_now()))

    assert done == [1, 0, 1]
    first, second = ReconciliationReport.objects.order_by("pk")
    assert (first.number, first.difference_count, first.made_by) == (1, 0, "system:reconciler")
    assert second.day == first.day + timedelta(days=1)
    assert [row["source"] for row in first.by_source] == ["Forgotten accounts", "Lottery match"]


def test_no_daily_check_is_made_where_it_is_switched_off(books: None) -> None:
    with override_settings(RECONCILE_DAILY=False):
        assert check_daily(core_now()) == 0
    assert not ReconciliationReport.objects.exists()


def test_two_ticks_at_once_keep_one_report_and_two_people_two(books: None) -> None:
    outcome = reconcile(day=today())
    barrier = threading.Barrier(4)
    kept: list[int] = []

    def keep(only_first: bool) -> None:
        try:
            barrier.wait()
            report = keep_reconciliation(by="system:test", outcome=outcome, only_first=only_first)
            kept.append(report.number)
        finally:
            connection.close()

    daily = [threading.Thread(target=keep, args=[True]) for _ in range(4)]
    for thread in daily:
        thread.start()
    for thread in daily:
        thread.join()
    asked = [threading.Thread(target=keep, args=[False]) for _ in range(4)]
    for thread in asked:
        thread.start()
    for thread in asked:
        thread.join()

    assert sorted(kept) == [1, 1, 1, 1, 2, 3, 4, 5]
    assert ReconciliationReport.objects.count() == 5


def test_command_says_that_all_agrees_or_ends_with_an_error(forge: Forge) -> None:
    sound, forged, sentences = StringIO(), StringIO(), StringIO()
    call_command("reconcile", "--json", stdout=sound)
    forge("grants_statementline", TWICE)
    with pytest.raises(SystemExit) as ended:
        call_command("reconcile", "--json", "--keep", stdout=forged)
    with pytest.raises(SystemExit):
        call_command("reconcile", stdout=sentences)

    assert json.loads(sound.getvalue())["differences"] == []
    assert ended.value.code == 1
    kinds = {one["kind"] for one in json.loads(forged.getvalue())["differences"]}
    assert {"amount_differs", "line_differs"} <= kinds
    assert "The amount differs. " in sentences.getvalue()
    assert ReconciliationReport.objects.get().made_by == "system:command"


def test_alarm_stands_while_the_newest_check_has_differences(forge: Forge, auditor: User) -> None:
    seen = [waiting_titles(auditor)]
    forge("grants_statementline", TWICE)
    check_daily(core_now())
    seen.append(waiting_titles(auditor))
    forge("grants_statementline", TWICE.replace("- 700", "+ 700"))
    keep_reconciliation(by="system:test", outcome=reconcile(day=today()))
    seen.append(waiting_titles(auditor))

    assert [ALARM in titles for titles in seen] == [False, True, False]


def test_alarm_when_checks_have_stopped(books: None, auditor: User) -> None:
    check_daily(core_now())
    advance_clock(by=timedelta(days=4))

    assert "Payments are not being checked" in waiting_titles(auditor)
    assert "Payments are not being checked" not in waiting_titles(make_person("resident", Role.RESIDENT))


def test_alarm_when_no_check_was_ever_made_of_payments_some_days_old(books: None, auditor: User) -> None:
    advance_clock(by=timedelta(days=4))

    assert "Payments are not being checked" in waiting_titles(auditor)


def test_pages_and_file_show_what_was_found(forge: Forge, auditor: User) -> None:
    client = signed_in(auditor)
    empty = client.get("/checks/").content.decode()
    check_daily(core_now())
    forge("grants_statementline", TWICE)
    report = keep_reconciliation(by="system:test", outcome=reconcile(day=today()))

    listed = client.get("/checks/").content.decode()
    detail = client.get(f"/checks/{report.pk}/").content.decode()
    file = client.get(f"/checks/{report.pk}/differences.csv").content.decode()
    sound = client.get(f"/checks/{report.pk - 1}/").content.decode()

    assert "No check has been made yet" in empty
    assert f"The last check found {report.difference_count} differences" in listed
    assert "All agrees" in listed
    assert "The amount differs" in detail
    assert "Forgotten accounts" in detail
    assert "Every payment that was due and free to go was paid once" in sound
    assert file.count("The amount differs") == 2
    assert client.get("/checks/999/").status_code == 404
    assert signed_in(make_person("resident", Role.RESIDENT)).get("/checks/").status_code == 403


def test_of_very_many_differences_the_first_are_kept_and_all_are_counted(
    books: None, monkeypatch: pytest.MonkeyPatch, forge: Forge
) -> None:
    monkeypatch.setattr("grants.services.reconciling.MOST_KEPT", 1)
    forge("grants_statementline", TWICE)

    report = keep_reconciliation(by="system:test", outcome=reconcile(day=today()))

    assert report.difference_count > 1
    assert report.differences.count() == 1
