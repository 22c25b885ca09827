"""Nothing that the journey reports depends on how many processes the worker has, or on who was first."""

import json

from tests.integration.test_journey import journey

SMALL = ("--neighbourhoods", "3", "--years", "1", "--voters", "6", "--seed", "7", "--json")


def test_one_worker_process_and_four_give_the_same_report(postgres_server, redis_server, django_db_setup):
    reports = []
    for workers in ("1", "4"):
        code, out, err = journey(*SMALL, "--workers", workers)
        assert code == 0, err
        reports.append({name: value for name, value in json.loads(out).items() if name != "seconds"})
    assert reports[0] == reports[1]
    assert reports[0]["tranches_paid"] == reports[0]["tranches_due"] == 6
