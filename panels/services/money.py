"""That no money is promised twice: looked at where a vote is set up, fixed, and decided on."""

from datetime import datetime

from cwf_portal.core.figures_text import pounds
from panels.errors import PanelError
from panels.models import MoneyEnvelope, Panel, Round
from panels.selectors.money import MoneyToDecide, money_left, rounds_with_money


def check_money_is_left(panel: Panel, budget_pence: int, at: datetime) -> None:
    """Refuse a new vote about more than no other vote has spoken for. The caller holds the lock of the panel.

    Raises:
        PanelError: there is less, with the numbers.
    """
    if not budget_pence:
        return
    money = money_left(_locked_envelope(panel), rounds_with_money(panel, at))
    if budget_pence > money.left_pence:
        raise PanelError(f"{_there_is(money)} This vote needs {pounds(budget_pence)}.", mend="Choose a smaller amount.")


def check_money_is_there(round: Round, at: datetime) -> None:
    """Refuse to fix a vote whose money is gone: the fund may have taken some back since it was set up.

    Votes that are fixed come before those that are not. The caller holds the lock of the round.

    Raises:
        PanelError: there is less, with the numbers.
    """
    if round.is_poll:
        return
    panel = Panel.objects.select_for_update().get(pk=round.panel_id)
    others = rounds_with_money(panel, at).frozen().exclude(pk=round.pk)
    money = money_left(_locked_envelope(panel), others)
    if round.budget_pence > money.left_pence:
        raise PanelError(
            f"{_there_is(money)} This vote needs {pounds(round.budget_pence)}.",
            mend="Let it pass and set up another one about less, or ask the fund.",
        )


def _locked_envelope(panel: Panel) -> MoneyEnvelope:
    """Nobody lowers it between our look and our row; none named is one of nothing."""
    named = MoneyEnvelope.objects.select_for_update().filter(neighbourhood=panel.neighbourhood_id).first()
    return named or MoneyEnvelope(neighbourhood_id=panel.neighbourhood_id, amount_pence=0)


def _there_is(money: MoneyToDecide) -> str:
    if not money.taken_pence:
        return f"The money you can decide is {pounds(money.named_pence)}."
    return (
        f"Of the {pounds(money.named_pence)} you can decide, {pounds(money.taken_pence)} is in other votes or was "
        f"chosen in them: {pounds(money.left_pence)} is left."
    )
