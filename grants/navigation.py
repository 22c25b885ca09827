"""Links in the header for people who work with money."""

from cwf_portal.core.models import User
from cwf_portal.core.navigation import NavigationItem, register_navigation
from cwf_portal.core.permissions import Permission


@register_navigation
def navigation(user: User) -> list[NavigationItem]:
    """Agreements and endowment for officers, payments and ledger for finance, their own money for organisations."""
    pays = bool(user.permissions & {Permission.CHECK_RUN, Permission.RELEASE_RUN, Permission.VIEW_LEDGER})
    payments = [NavigationItem("Payments", "grants:payments-home", 41)] if pays else []
    offered = (
        (Permission.VIEW_CASES, NavigationItem("Agreements", "grants:agreement-list", 40)),
        (Permission.VIEW_ENDOWMENT, NavigationItem("Endowment", "grants:endowment", 42)),
        (Permission.REVIEW_AGREEMENT, NavigationItem("Organisations", "grants:body-list", 43)),
        (Permission.VIEW_PEOPLE, NavigationItem("Ranks", "grants:officer-list", 91)),
        (Permission.VIEW_LEDGER, NavigationItem("Ledger", "grants:trial-balance", 44)),
        (Permission.VIEW_OWN_BODY, NavigationItem("Your agreements", "grants:own-list", 40)),
        (Permission.VIEW_OWN_BODY, NavigationItem("Your payments", "grants:remittance-list", 41)),
    )
    return payments + [item for permission, item in offered if permission in user.permissions]
