"""What every agreement's schedule was on a day: the version in force then, whatever replaced it since."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from django.db.models import F, Q, Sum
from django.utils.timezone import get_current_timezone

from grants.domain.shares import share_out, split_cumulatively
from grants.models import AgreementFunding, AgreementVersion, ScheduleLine, TrancheFunding, TrancheStatus

Schedules = dict[tuple[int, int], list[tuple[date, int]]]


def schedules_on(on: date) -> Schedules:
    """Due day and pence of every payment by agreement and source, as agreed by the end of a day.

    Where the version of that day is still the last one, payments have what prices added up to now, and those cancelled
    since are in it. A version that was replaced stands as it began; its payments are divided among sources as the
    agreement was.
    """
    end = datetime.combine(on + timedelta(days=1), time(), get_current_timezone())
    latest = _numbers(AgreementVersion.objects.all())
    then = _numbers(AgreementVersion.objects.filter(made_at__lt=end))
    replaced = {pk: number for pk, number in then.items() if number < latest[pk]}
    not_yet = latest.keys() - then.keys()
    found = _present({pk: number for pk, number in latest.items() if pk in then}, without=not_yet | replaced.keys())
    found.update(_replaced(replaced))
    return found


def _numbers(versions: Iterable[AgreementVersion]) -> dict[int, int]:
    """The highest number of a version by agreement."""
    found: dict[int, int] = {}
    for version in versions:
        found[version.agreement_id] = max(version.number, found.get(version.agreement_id, 0))
    return found


def _present(versions: dict[int, int], *, without: Iterable[int]) -> Schedules:
    found: Schedules = defaultdict(list)
    lines = ScheduleLine.objects.filter(version__agreement__in=versions, tranche__status=TrancheStatus.CANCELLED)
    cancelled = [
        tranche
        for agreement, number, tranche in lines.values_list("version__agreement", "version__number", "tranche")
        if versions[agreement] == number
    ]
    rows = (
        TrancheFunding.objects.filter(~Q(tranche__status=TrancheStatus.CANCELLED) | Q(tranche__in=cancelled))
        .exclude(tranche__agreement__in=list(without))
        .order_by()
        .values_list("tranche__agreement", "source", "tranche__due_on", "tranche")
        .annotate(pence=Sum(F("amount_pence") + F("uplift_pence") + F("contribution_pence")))
    )
    for agreement, source, due_on, _, pence in rows:
        if pence:
            found[agreement, source].append((due_on, pence))
    return found


def _replaced(versions: dict[int, int]) -> Schedules:
    lines: dict[int, list[ScheduleLine]] = defaultdict(list)
    for line in ScheduleLine.objects.filter(version__agreement__in=versions).select_related("version"):
        if line.version.number == versions[line.version.agreement_id]:
            lines[line.version.agreement_id].append(line)
    weights: dict[int, dict[int, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    for part in AgreementFunding.objects.filter(agreement__in=versions):
        if part.version <= versions[part.agreement_id]:
            given = weights[part.agreement_id][part.source_id]
            given[0] += part.amount_pence
            given[1] += part.contribution_pence
    found: Schedules = defaultdict(list)
    for pk, unsorted in lines.items():
        sources, planned = sorted(weights[pk]), sorted(unsorted, key=lambda line: (line.due_on, line.number))
        places, bodies = ([weights[pk][source][index] for source in sources] for index in (0, 1))
        split = (
            _split([line.amount_pence for line in planned], places),
            _split([line.uplift_pence for line in planned], places),
            _split([line.contribution_pence for line in planned], bodies),
        )
        for line, *rows in zip(planned, *split, strict=True):
            for source, *pence in zip(sources, *rows, strict=True):
                if any(pence):
                    found[pk, source].append((line.due_on, sum(pence)))
    return found


def _split(amounts: list[int], weights: list[int]) -> list[list[int]]:
    """Payments in order, divided as the agreement was."""
    return split_cumulatively(amounts, share_out(sum(amounts), weights if any(weights) else [1] * len(weights)))
