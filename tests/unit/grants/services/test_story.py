"""One agreement from wave to acceptance: what the ledger says after each step."""

from grants.domain.ledger import Account
from grants.models import AgreementStatus, Journal, TrancheStatus
from grants.selectors.checks import broken_seals, ledger_identities
from grants.selectors.ledger import held_on, source_standings
from tests.unit.grants.conftest import Story, sealed


def test_an_agreement_from_wave_to_acceptance_keeps_every_identity(story: Story) -> None:
    with sealed():
        agreement = story.accept()

    assert agreement.status == AgreementStatus.ACTIVE
    assert ledger_identities() == []
    assert list(broken_seals()) == []
    committed = [tranche for tranche in agreement.tranches.all() if tranche.status == TrancheStatus.COMMITTED]
    assert [tranche.number for tranche in committed] == [1, 2, 3]
    assert held_on(Account.COMMITTED) == sum(tranche.total_pence for tranche in committed)
    assert held_on(Account.PLEDGED) + held_on(Account.COMMITTED) == agreement.value_pence
    assert held_on(Account.ALLOCATED) == 0
    assert [journal.kind for journal in Journal.objects.order_by("pk")] == [
        "wave_received",
        "wave_received",
        "allocation",
        "approval",
        "accepted",
    ]
    assert all(standing.held_by_account[Account.PLEDGED] > 0 for standing in source_standings()[:2])
