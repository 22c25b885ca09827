"""Organisations that look after money, as officers see them."""

from datetime import date, timedelta

from django.db.models import Prefetch, QuerySet

from grants.models import AccountableBody, BankAccount, BodyContact

CHECKS_SHOWN_AHEAD = timedelta(days=90)


def bodies() -> QuerySet[AccountableBody]:
    """Every organisation with the people who act for it now and its bank details in force, by name."""
    people = BodyContact.objects.standing().select_related("user").order_by("role", "user__full_name")
    accounts = BankAccount.objects.filter(status__in=("proposed", "approved")).order_by("status", "pk")
    return (
        AccountableBody.objects.select_related("organisation")
        .prefetch_related(Prefetch("contacts", people), Prefetch("bank_accounts", accounts))
        .order_by("organisation__name")
    )


def bodies_to_check(day: date) -> QuerySet[AccountableBody]:
    """Organisations whose checks have run out or run out soon, the first to run out first."""
    return (
        AccountableBody.objects.filter(due_diligence_expires_on__lte=day + CHECKS_SHOWN_AHEAD)
        .select_related("organisation")
        .order_by("due_diligence_expires_on", "pk")
    )


def contacts_of(body: AccountableBody) -> QuerySet[BodyContact]:
    """People who act for it now."""
    return body.contacts.standing().select_related("user", "body__organisation")
