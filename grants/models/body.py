"""The organisations that look after a place's money, the people who act for them, and where they are paid."""

from datetime import date

from django.db import models
from django.db.models import F, Q

from cwf_portal.core.audit import tracked
from cwf_portal.core.clock import CoreNow
from cwf_portal.core.models import User
from grants.models.choices import both_or_neither


@tracked()
class AccountableBody(models.Model):
    """The legal party to an agreement. Its name and address are those of its organisation."""

    class LegalForm(models.TextChoices):
        CHARITY = "charity", "Registered charity"
        CIO = "cio", "Charitable incorporated organisation"
        COMPANY = "company", "Company limited by guarantee"
        CIC = "cic", "Community interest company"
        SOCIETY = "society", "Community benefit society"
        COUNCIL = "council", "Parish, town or other council"

    organisation = models.OneToOneField(
        "panels.Organisation", on_delete=models.PROTECT, related_name="accountable_body"
    )
    legal_form = models.CharField(max_length=10, choices=LegalForm)
    due_diligence_expires_on = models.DateField()
    is_sample = models.BooleanField(default=False)

    class Meta:
        verbose_name_plural = "accountable bodies"
        constraints = (
            models.CheckConstraint(
                condition=Q(legal_form__in=["charity", "cio", "company", "cic", "society", "council"]),
                name="%(app_label)s_%(class)s_form_known",
            ),
        )

    def __str__(self) -> str:
        return str(self.organisation)


class BodyContactQuerySet(models.QuerySet["BodyContact"]):
    def standing(self) -> "BodyContactQuerySet":
        """People who act for a body now."""
        return self.filter(to_on=None)


@tracked()
class BodyContact(models.Model):
    """A person who acts for an accountable body: one signs, another keeps the accounts."""

    class Role(models.TextChoices):
        SIGNATORY = "signatory", "Signatory"
        TREASURER = "treasurer", "Treasurer"

    body = models.ForeignKey(AccountableBody, on_delete=models.PROTECT, related_name="contacts")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="body_contacts")
    role = models.CharField(max_length=10, choices=Role)
    from_on = models.DateField()
    to_on = models.DateField(null=True)

    objects = BodyContactQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("body", "user"), condition=Q(to_on=None), name="%(app_label)s_%(class)s_one_role_each"
            ),
            models.CheckConstraint(
                condition=Q(role__in=["signatory", "treasurer"]), name="%(app_label)s_%(class)s_role_known"
            ),
            models.CheckConstraint(
                condition=Q(to_on=None) | Q(to_on__gte=F("from_on")), name="%(app_label)s_%(class)s_dates_in_order"
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_role_display()}: {self.user}"


class BankAccountQuerySet(models.QuerySet["BankAccount"]):
    def proposed(self) -> "BankAccountQuerySet":
        return self.filter(status=BankAccount.Status.PROPOSED)

    def approved(self) -> "BankAccountQuerySet":
        return self.filter(status=BankAccount.Status.APPROVED)

    def payable_on(self, day: date) -> "BankAccountQuerySet":
        """Approved, past the waiting time, and with no other details proposed meanwhile."""
        proposed = BankAccount.objects.proposed().filter(body=models.OuterRef("body"))
        return self.approved().filter(~models.Exists(proposed), active_from__lte=day)


@tracked()
class BankAccount(models.Model):
    """Where a body is paid: proposed by one person, called back and approved by another, used after a waiting time.

    While details are proposed or waiting, nothing is paid to the body at all.
    """

    class Status(models.TextChoices):
        PROPOSED = "proposed", "Proposed"
        APPROVED = "approved", "Approved"
        REPLACED = "replaced", "Replaced"
        REFUSED = "refused", "Refused"

    class PayeeCheck(models.TextChoices):
        MATCH = "match", "The name matches"
        CLOSE_MATCH = "close_match", "The name nearly matches"
        NO_MATCH = "no_match", "The name does not match"
        UNAVAILABLE = "unavailable", "The bank could not say"

    body = models.ForeignKey(AccountableBody, on_delete=models.PROTECT, related_name="bank_accounts")
    account_name = models.CharField(max_length=70)
    sort_code = models.CharField(max_length=6)
    account_number = models.CharField(max_length=8)
    status = models.CharField(max_length=10, choices=Status, default=Status.PROPOSED)
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(db_default=CoreNow(), editable=False)
    called_back_on_number = models.CharField(max_length=30, blank=True)
    payee_check = models.CharField(max_length=12, choices=PayeeCheck, blank=True)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.CharField(max_length=300, blank=True)
    active_from = models.DateField(null=True)
    is_sample = models.BooleanField(default=False)

    objects = BankAccountQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(sort_code__regex=r"^[0-9]{6}$"), name="%(app_label)s_%(class)s_sort_code_digits"
            ),
            models.CheckConstraint(
                condition=Q(account_number__regex=r"^[0-9]{8}$"), name="%(app_label)s_%(class)s_number_digits"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["proposed", "approved", "replaced", "refused"]),
                name="%(app_label)s_%(class)s_status_known",
            ),
            models.CheckConstraint(
                condition=both_or_neither("decided_by", "decided_at"), name="%(app_label)s_%(class)s_decided_pair"
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("proposed_by")),
                name="%(app_label)s_%(class)s_two_people",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["approved", "replaced"])
                | (
                    Q(decided_by__isnull=False, active_from__isnull=False)
                    & ~Q(called_back_on_number="")
                    & ~Q(payee_check="")
                ),
                name="%(app_label)s_%(class)s_approved_whole",
            ),
            models.UniqueConstraint(
                fields=("body",), condition=Q(status="proposed"), name="%(app_label)s_%(class)s_one_proposed"
            ),
            models.UniqueConstraint(
                fields=("body",), condition=Q(status="approved"), name="%(app_label)s_%(class)s_one_approved"
            ),
        )

    def __str__(self) -> str:
        return f"{self.account_name}, ending {self.account_number[-4:]}"
