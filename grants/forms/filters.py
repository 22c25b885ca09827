"""Filters by address: every field may stay empty."""

from cwf_portal.core.forms import CharField, GovForm, SelectField
from grants.domain.ledger import KIND_LABELS
from grants.models import AgreementStatus


class AgreementFilterForm(GovForm):
    """Agreements by status and words."""

    mark_optional = False
    status = SelectField(label="Status", required=False, choices=[("", "All"), *AgreementStatus.choices])
    q = CharField(label="Place, organisation or reference", required=False, max_length=80)


class JournalFilterForm(GovForm):
    """Journals by kind, agreement and key."""

    mark_optional = False
    kind = SelectField(
        label="Kind",
        required=False,
        choices=[("", "All"), *((kind.value, label) for kind, label in KIND_LABELS.items())],
    )
    agreement = CharField(label="Agreement", hint="Its reference", required=False, max_length=30, width=20)
    key = CharField(label="Part of the key", required=False, max_length=120, width=20)
