"""What the pages with a ballot on them share: the paper of one voter, and the form on it."""

from typing import Any

from panels import ballot_presenters, presenters
from panels.ballot_cards import drawn_cards
from panels.ballot_forms import BallotForm, Paper
from panels.domain.rules_sheet import RulesSheet
from panels.models import Round

Context = dict[str, Any]


def paper_context(round: Round, sheet: RulesSheet, *, voter: int) -> Context:
    """The ballot in the order drawn for this voter, and what is said about it."""
    return {
        "round": round,
        "projects": sheet.projects,
        "paper": Paper(sheet.ballot, sheet.project_ids, drawn_cards(sheet, voter)),
        "intro": ballot_presenters.ballot_intro(round),
        "seal": presenters.seal_data(sheet),
    }


def with_form(context: Context, form: BallotForm) -> Context:
    """The page of a ballot: the form, and how much of the points or the money it uses."""
    paper: Paper = context["paper"]
    return context | {
        "form": form,
        "bar": ballot_presenters.ballot_bar(paper.rules, paper.marks(form.numbers)),
    }


def read_back(context: Context, form: BallotForm) -> Context:
    """The page that repeats the choices of a form that holds, and carries them on."""
    said = ballot_presenters.read_back(context["round"], context["projects"], form.choices)
    return context | said | {"carried": form.carried}
