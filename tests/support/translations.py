"""What the catalogues of other languages must hold: read from templates and sources of the pages that speak them."""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.template import engines

from cwf_portal.core.held import everything_held
from neighbourhoods.figures import declared_kinds, declared_measures
from neighbourhoods.measures import MONEY_BY_YEAR
from neighbourhoods.presenters.figures import LATE_COUNT
from panels.models import (
    Correction,
    DocumentCheck,
    IdeaComment,
    IdeaReport,
    IdeaStep,
    Keeper,
    ModerationCase,
    ObjectionAnswer,
    Phase,
    Photo,
    ProjectDelivery,
    Proposal,
    Reconciliation,
    Residence,
    Withholding,
)

CHECKOUT = Path(__file__).resolve().parent.parent.parent
LETTERS_SENT = (
    "login_code", "email_changed", "email_confirmation_signup", "email_confirmation", "unknown_account",
    "account_already_exists",
)  # fmt: skip
# All that signing in, and a vote from its first step to the receipt, show. Whoever marks another view `translated` adds
# its templates and sources here.
TEMPLATES = (
    *(
        f"account/{name}.html"
        for name in ("login", "logout", "request_login_code", "base_confirm_code", "confirm_login_code", "resend_code",
                     "signup", "confirm_email_verification_code", "signup_closed", "account_inactive",
                     "email_change")
    ),
    "account/email/base_message.txt",
    *(
        f"account/messages/{name}.txt"
        for name in ("cannot_delete_primary_email", "email_confirmation_failed", "email_confirmed", "email_deleted",
                     "logged_out", "primary_email_set", "unverified_primary_email")
    ),
    *(f"account/email/{name}_{part}.txt" for name in LETTERS_SENT for part in ("message", "subject")),
    *(f"{name}.html" for name in ("400", "403", "403_csrf", "404", "409", "429", "500", "503")),
    "base.html", "core/home.html", "core/page_about.html", "core/page_accessibility.html", "core/page_cookies.html",
    "core/page_vote_secrecy.html", "core/letter_stop.html", "core/sign_in_list.html",
    "core/held_list.html", "core/confirm_identity.html", "core/confirm_second_step.html", "mfa/part_show.html",
    "core/account_close.html", "core/account_closed.html",
    *(
        f"neighbourhoods/{name}.html"
        for name in ("election_list", "event", "money", "part_money_years", "place_detail", "place_follow",
                     "place_list", "start", "timeline")
    ),
    *(
        f"components/{name}.html"
        for name in (
            "alarms", "back_link", "button", "english_counts", "error_layout", "error_summary", "footer", "footer_link",
            "form", "header", "languages", "messages", "navigation", "pagination", "pdf_offer", "phase", "refusal",
            "sample_tag", "stat", "summary_list", "svg_bars", "tag", "waiting_list",
        )
    ),
    *(
        f"components/fields/{name}.html"
        for name in ("card_to_number", "card_to_tick", "cards", "cards_widget", "checkboxes", "confirm", "date",
                     "date_widget", "error", "hint", "input", "label", "legend", "radios", "select", "textarea")
    ),
    *(
        f"panels/{name}.html"
        for name in (
            "case_appeal", "objection_list", "objection_new", "part_ballot_bar", "part_channels", "part_idea",
            "part_photo", "part_photo_choice", "part_project", "photo_new", "project_detail",
            *(f"proposal_{name}" for name in ("comment", "detail", "hidden", "list", "map", "new", "report")),
            "round_annulled", "round_detail", "round_log", "round_result", "vote_ballot",
            "vote_check", "vote_history", "vote_receipt", "vote_start",
        )
    ),
    *(
        f"panels/living_{name}.html"
        for name in ("born", "code", "confirm", "confirm_person", "here", "letter", "status")
    ),
    *(f"panels/first_{name}.html" for name in ("answer", "ballot", "check", "done", "start", "who")),
)  # fmt: skip
SOURCES = (
    *(
        f"cwf_portal/core/forms/{name}.py"
        for name in ("account", "base", "choices", "dates", "files", "numbers", "sentences", "text")
    ),
    "cwf_portal/core/charts.py", "cwf_portal/core/grids.py", "cwf_portal/core/templatetags/cwf.py",
    "cwf_portal/core/accounts.py", "cwf_portal/core/closing.py", "cwf_portal/core/forms/confirming.py",
    "cwf_portal/core/forms/second_step.py", "cwf_portal/core/stopping.py", "cwf_portal/core/views/confirming.py",
    "cwf_portal/core/views/held.py", "cwf_portal/core/views/sign_outs.py",
    *(
        f"panels/{name}.py"
        for name in ("ballot_cards", "ballot_forms", "ballot_presenters", "ballot_words", "closing",
                     "disclosure_presenters", "explained", "forms", "idea_forms", "idea_presenters", "key_presenters",
                     "letter_presenters", "living_forms", "paper_presenters", "poster_presenters", "presenters",
                     "project_presenters", "receipt_presenters", "round_presenters",
                     "objection_forms", "services/correcting", "services/objecting", "services/places",
                     "services/proposals", "services/receipts", "services/reminding", "waiting", "wording")
    ),
    *(
        f"neighbourhoods/{name}.py"
        for name in ("forms", "presenters/figures", "presenters/money", "presenters/places", "services/news",
                     "views/following", "views/places", "waiting")
    ),
    *(
        f"panels/views/{name}.py"
        for name in ("correcting", "first", "ideas", "limits", "living", "moderating", "objecting", "photos",
                     "polling", "projects", "public", "showing", "starting", "voting")
    ),
)  # fmt: skip
# Here every sentence that is refused with is one that a voter can meet.
REFUSING = (
    "cwf_portal/core/fresh.py",
    "cwf_portal/core/phones.py",
    "cwf_portal/core/pictures.py",
    "cwf_portal/core/turns.py",
    "panels/services/asked_again.py",
    "panels/services/casting.py",
    "panels/services/changing_home.py",
    "panels/services/codes.py",
    "panels/services/first_answers.py",
    "panels/services/first_votes.py",
    "panels/services/ideas.py",
    "panels/services/ideas_comments.py",
    "panels/services/ideas_moderation.py",
    "panels/services/letters.py",
    "panels/services/log.py",
    "panels/services/photos.py",
    "panels/services/receipts.py",
    "panels/services/residence.py",
    "panels/services/withdrawing.py",
    "panels/domain/ballot_paper.py",
)
# Choices of which a person reads the label.
CHOICES = (
    Phase,
    Proposal.State,
    Proposal.Kind,
    IdeaStep.Kind,
    IdeaStep.Role,
    IdeaComment.Role,
    IdeaReport.Why,
    ModerationCase.Answer,
    ObjectionAnswer.Side,
    Withholding.Why,
    Keeper.Body,
    Keeper.MadeWith,
    Keeper.Side,
    Photo.Role,
    ProjectDelivery.State,
    Reconciliation.Channel,
    Residence.Level,
    Residence.ProvedBy,
    DocumentCheck.Kind,
    Correction.State,
    ModerationCase.Outcome,
)
NAMES = ("gettext", "gettext_lazy", "gettext_noop", "ngettext", "_", "Said", "in_every_language", "told")
NAVIGATION = ("Find a place", "Your home", "Your votes")
LETTERS = re.compile(r"[A-Za-z]{2}")
# Names, which no language changes.
SAME_EVERYWHERE = {"Community Wealth Fund", "– Community Wealth Fund"}


def wanted() -> dict[str, str]:
    """Every English sentence, with its plural or an empty text."""
    found: dict[str, str] = dict.fromkeys(NAVIGATION, "")
    found |= dict.fromkeys((str(label) for choices in CHOICES for label in choices.labels), "")
    found |= of_figures_and_events()
    found |= of_what_is_held()
    for name in TEMPLATES:
        found |= of_template(name)
    for name in dict.fromkeys((*SOURCES, *REFUSING)):
        found |= of_source((CHECKOUT / name).read_text(encoding="utf-8"))
    for name in REFUSING:
        found |= dict.fromkeys(refusals((CHECKOUT / name).read_text(encoding="utf-8")), "")
    return found


def of_figures_and_events() -> dict[str, str]:
    """What the page of a place says of money and of taking part, and what happens there."""
    kinds = [text for kind in declared_kinds() for text in (kind.title, kind.sentence)]
    elsewhere = {LATE_COUNT, *MONEY_BY_YEAR}  # on pages in English
    specs = [spec for spec in declared_measures() if spec.code not in elsewhere and not spec.code.startswith("places.")]
    titles = [spec.title.partition(", ")[2] or spec.title for spec in specs]
    has_words = [text for text in [*titles, *kinds] if LETTERS.search(re.sub(r"{\w+}", "", text))]
    return dict.fromkeys(has_words, "")


def of_what_is_held() -> dict[str, str]:
    """What the page on what is kept about oneself calls tables and columns; those of the fund's work are in English."""
    held = [one for one in everything_held() if one.model._meta.app_label != "grants"]
    return dict.fromkeys((text for one in held for text in (one.title, *one.columns)), "")


def source_of(name: str) -> str:
    """A template as it stands, without its notes."""
    source: str = engines["django"].get_template(name).template.source  # type: ignore[attr-defined]
    return re.sub(r"{#.*?#}", "", source)


def of_template(name: str) -> dict[str, str]:
    """The sentences that a template marks."""
    source = source_of(name)
    blocks = re.findall(r"{% blocktranslate[^%]*%}(.*?){% endblocktranslate %}", source, flags=re.DOTALL)
    said = [re.sub(r"{{ (\w+) }}", r"%(\1)s", block) for block in blocks]
    said += re.findall(r'{% translate "([^"]+)"', source)
    return dict.fromkeys([*said, *re.findall(r'[ =:]_\("([^"]+)"\)', source)], "")


def bare_text(name: str) -> list[str]:
    """What a template says in English without marking it."""
    return bare_text_of(source_of(name))


def bare_text_of(source: str) -> list[str]:
    """The same, of a template that is at hand; what is marked as English, such as the name of a cookie, is meant."""
    source = re.sub(r'<bdi lang="en-GB"[^>]*>[^<{]*</bdi>', "", source)
    source = re.sub(r"{% blocktranslate.*?{% endblocktranslate %}", "", source, flags=re.DOTALL)
    source = re.sub(r'\s(?:aria-label|title|alt|placeholder|data-cannot-seal)="([^"{]*)"', r">\1<", source)
    arguments = re.findall(r'{% (?:button|details|tag|stat|svg_\w+|back_link \w+) "([^"]+)"', source)
    plain = re.sub(r"{%.*?%}|{{.*?}}", "\0", source)
    texts = re.split(r"<[^>]*>|\0", plain)
    said = [text.strip() for text in texts if LETTERS.search(re.sub(r"&\w+;", "", text))]
    return [text for text in [*arguments, *said] if text not in SAME_EVERYWHERE]


def of_source(source: str) -> dict[str, str]:
    """The sentences that a Python file marks, a plural beside its singular."""
    found: dict[str, str] = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in NAMES:
            texts = [part.value for part in node.args if isinstance(part, ast.Constant) and isinstance(part.value, str)]
            if texts:
                found[texts[0]] = texts[1] if node.func.id == "ngettext" else ""
    return found


def refusals(source: str) -> Iterator[str]:
    """Every sentence that an error is raised with, and every one that says how to mend it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "").endswith("Error"):
            parts = [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg == "mend")]
            yield from said_in(parts)
        elif isinstance(node, ast.Assign):
            values = node.value.values if isinstance(node.value, ast.Dict) else [node.value]
            flat = [item for value in values for item in getattr(value, "elts", [value])]
            yield from said_in(flat)


def said_in(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """The sentences for a person among these: a capital first, and more than a word."""
    texts = (node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))
    yield from (text for text in texts if text[:1].isupper() and " " in text and "\n" not in text)
