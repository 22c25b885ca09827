"""Changes of limits that two directors make together; the limits themselves are rows that are only added."""

from django.db import models
from django.db.models import F, Q

from cwf_portal.core.audit import tracked
from cwf_portal.core.clock import CoreNow
from cwf_portal.core.models import User
from grants.domain.authority import RANK_LABELS, Rank, Risk
from grants.domain.limits import DECIDING, LIMIT_KIND_LABELS, RELEASING, Cell, LimitKind
from grants.models.authority import RISK_LABELS
from grants.models.choices import both_or_neither, labelled, numbered, plain


class LimitChangeQuerySet(models.QuerySet["LimitChange"]):
    def proposed(self) -> "LimitChangeQuerySet":
        """Waiting for the other director."""
        return self.filter(confirmed_at=None, withdrawn_at=None)

    def of_cell(self, cell: Cell) -> "LimitChangeQuerySet":
        """Of one limit."""
        return self.filter(kind=cell.kind, rank=cell.rank, risk=cell.risk or "", role=cell.role)


@tracked()
class LimitChange(models.Model):
    """A new limit that one director proposes and another confirms, from a day to come.

    A trigger (migration 0027) lets no limit stand that is not in a confirmed change, another (migration 0030) asks for
    a fund director and a finance director.
    """

    kind = models.CharField(max_length=9, choices=labelled(LIMIT_KIND_LABELS))
    rank = models.PositiveSmallIntegerField(choices=numbered(RANK_LABELS), null=True)
    risk = models.CharField(max_length=6, choices=labelled(RISK_LABELS), blank=True)
    role = models.CharField(max_length=30, choices=list(RELEASING.items()), blank=True)
    limit_pence = models.BigIntegerField()
    from_on = models.DateField()
    reason = models.CharField(max_length=500)
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(db_default=CoreNow(), editable=False)
    confirmed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)

    objects = LimitChangeQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(kind="approve", rank__in=[rank.value for rank in DECIDING], risk__in=plain(Risk), role="")
                | Q(kind="write_off", rank__in=[rank.value for rank in DECIDING], risk="", role="")
                | Q(kind="release", rank=None, risk="", role__in=sorted(RELEASING), limit_pence__gt=0),
                name="%(app_label)s_%(class)s_kind_fits",
            ),
            models.CheckConstraint(condition=Q(limit_pence__gte=0), name="%(app_label)s_%(class)s_not_negative"),
            models.CheckConstraint(condition=~Q(reason=""), name="%(app_label)s_%(class)s_reason_given"),
            models.CheckConstraint(
                condition=both_or_neither("confirmed_by", "confirmed_at"), name="%(app_label)s_%(class)s_confirmed_pair"
            ),
            models.CheckConstraint(
                condition=both_or_neither("withdrawn_by", "withdrawn_at"), name="%(app_label)s_%(class)s_withdrawn_pair"
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("proposed_by")),
                name="%(app_label)s_%(class)s_two_people",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | Q(withdrawn_by=None), name="%(app_label)s_%(class)s_one_end"
            ),
            models.UniqueConstraint(
                fields=("kind", "rank", "risk", "role"),
                condition=Q(confirmed_at=None, withdrawn_at=None),
                nulls_distinct=False,
                name="%(app_label)s_%(class)s_one_proposed",
            ),
        )

    def __str__(self) -> str:
        return f"{self.cell} from {self.from_on:%-d %B %Y}"

    @property
    def cell(self) -> Cell:
        """Which limit it changes."""
        rank, risk = (Rank(self.rank) if self.rank else None), (Risk(self.risk) if self.risk else None)
        return Cell(LimitKind(self.kind), rank, risk, self.role)
