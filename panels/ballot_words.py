"""What the scripts of a ballot say, in the language of its page. They know it in English; a test holds both to it."""

import json

from django.utils.translation import gettext, gettext_noop

from cwf_portal.core.languages import is_english
from panels.domain.ballot_paper import Kind

SAID_BY_SCRIPTS = (
    gettext_noop("{used} of {total} points given, {rest} left to give"),
    gettext_noop("{used} of {total} points given, {rest} too many"),
    gettext_noop("{used} of {total} used, {rest} left"),
    gettext_noop("{used} of {total} used, {rest} too much"),
    gettext_noop("Write whole numbers, like 1"),
    gettext_noop("Write 1 beside the one that matters most to you"),
    gettext_noop("Give points to one project or more"),
    gettext_noop("Choose one or more projects"),
    gettext_noop("You chose {given} projects. You can choose up to {most}."),
    gettext_noop("Give each place once and leave none out: 1, 2, 3 and so on"),
    gettext_noop("The most points for one project are {most}."),
    gettext_noop("You gave {given} points. You have {points} to give."),
    gettext_noop("Together these cost {excess} too much. Take some away."),
    gettext_noop("Your order"),
    gettext_noop("Nothing yet. Choose what matters most to you from the list below."),
    gettext_noop(
        "Press “{first}” at the one that matters most to you, then choose the next. You can rank up to {most}. "
        "Up and Down change your order."
    ),
    gettext_noop("Make {place}"),
    gettext_noop("Take out {place}"),
    gettext_noop("Up"),
    gettext_noop("Down"),
    gettext_noop("{title} is now {place}"),
    gettext_noop("{title} is now {place} of {many}"),
    gettext_noop("{title} is taken out"),
)


def said_by_scripts() -> str:
    """English sentences with what stands for them on this page, as JSON; empty on a page in English."""
    if is_english():
        return ""
    return json.dumps({said: gettext(said) for said in SAID_BY_SCRIPTS}, ensure_ascii=False)


def has_helper(kind: Kind) -> bool:
    """Whether a script helps with the marks: it counts along, or puts projects in order."""
    return kind is not Kind.APPROVAL
