"""What the red switch stops now."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from cwf_portal.core.bulk import among
from grants.models import Pause, Payment, PaymentFile, PaymentStatus, Tranche, TrancheFunding
from grants.models.pause import PauseQuerySet


def pauses() -> PauseQuerySet:
    """Every pause there was, latest first, with what it stops and who did what."""
    return Pause.objects.select_related("source", "agreement", "placed_by", "lift_asked_by", "lifted_by")


def pauses_now() -> list[Pause]:
    """Pauses in force, latest first."""
    return list(pauses().open())


def not_paused(tranches: QuerySet[Tranche]) -> QuerySet[Tranche]:
    """Those of the payments that no pause stops; one small query first, and nothing added where nothing is paused."""
    standing = list(Pause.objects.open())
    return tranches.filter(~_covered(standing)) if standing else tranches


def _covered(standing: Sequence[Pause]) -> Q:
    if any(pause.scope == Pause.Scope.EVERYTHING for pause in standing):
        return Q(pk__isnull=False)
    sources = [pause.source_id for pause in standing if pause.source_id is not None]
    agreements = [pause.agreement_id for pause in standing if pause.agreement_id is not None]
    from_sources = TrancheFunding.objects.filter(tranche=OuterRef("pk"), source__in=sources)
    return Q(agreement__in=agreements) | Q(Exists(from_sources))


def pause_of(tranche_pks: Collection[int]) -> dict[int, Pause]:
    """The pause that stops each payment, by the payment's primary key; missing where none does."""
    found: dict[int, Pause] = {}
    for pause in pauses_now():
        covered = Tranche.objects.filter(_covered([pause]), pk__in=among(tranche_pks))
        found |= dict.fromkeys(covered.values_list("pk", flat=True), pause)
    return found


@dataclass(frozen=True)
class StoppedFile:
    """A released file that waits whole: how many of its payments are paused, and how many others wait with them."""

    run_pk: int
    paused_count: int
    others_count: int


def stopped_files() -> list[StoppedFile]:
    """Files that a pause keeps from the bank, oldest first; two queries."""
    standing = list(Pause.objects.open())
    if not standing:
        return []
    paused = Q(tranche__in=Tranche.objects.filter(_covered(standing)))
    inside = Payment.objects.filter(run__file__in=PaymentFile.objects.unsent(), status=PaymentStatus.INSTRUCTED)
    rows = inside.order_by("run").values("run").annotate(whole=Count("pk"), paused=Count("pk", filter=paused))
    return [StoppedFile(row["run"], row["paused"], row["whole"] - row["paused"]) for row in rows if row["paused"]]


def file_is_paused(file: PaymentFile) -> bool:
    """Whether a pause stops any payment that the file would make; a file leaves whole or not at all."""
    inside = Payment.objects.filter(run=file.run_id, status=PaymentStatus.INSTRUCTED).values("tranche")
    tranches = Tranche.objects.filter(pk__in=inside)
    return Pause.objects.open().exists() and not_paused(tranches).count() < tranches.count()
