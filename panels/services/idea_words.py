"""Ideas in other languages: one person writes what an idea is called there, a second one checks it.

Only what was checked is shown. The freeze puts it into the rules, so that nobody can change it while people vote.
"""

import hashlib
from dataclasses import dataclass

from django.utils.timezone import localdate

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import ConflictError, NotAllowedError
from cwf_portal.core.languages import besides_english
from cwf_portal.core.models import User
from panels.errors import ProposalError
from panels.models import IdeaStep, IdeaWords, Proposal
from panels.services.ideas import check_not_own, check_shown, note_step, role_of
from panels.services.pairs import check_other_home
from panels.services.proposals import lock_while_open


@dataclass(frozen=True)
class Wording:
    """What an idea is called in another language, and the sentence about it."""

    title: str
    what: str


def write_words(*, by: User, proposal: Proposal, language: str, wording: Wording) -> IdeaWords:
    """Put an idea into another language, or change how it is put; the same words again change nothing.

    Changed words wait anew for a second person, and are not shown until then.

    Args:
        by: of the panel, or an officer.
        language: the code of one of `besides_english`.

    Raises:
        ProposalError: the language is none of the portal's, the title or the text is missing, or the idea is hidden.
        PhaseError: the vote is already fixed.
    """
    title, what = wording.title.strip(), wording.what.strip()
    if language not in besides_english():
        raise ProposalError("This site does not speak that language.", mend="Choose another one.")
    if not title or not what:
        raise ProposalError("An idea needs its name and a sentence about it.", mend="Write both.")
    with acting(by, "put an idea into another language"):
        lock_while_open(by, proposal.round_id)
        check_shown([proposal.pk])
        words = IdeaWords.objects.filter(proposal=proposal, language=language).first()
        if words and (words.title, words.what) == (title, what):
            return words
        words = words or IdeaWords(proposal=proposal, language=language)
        words.title, words.what = title, what
        words.written_by, words.written_at = by, core_now()
        words.read_by = words.read_at = None
        words.save()
        return words


def check_words(*, by: User, words: IdeaWords, seen: str) -> IdeaWords:
    """Say that words say the same as the English: from now on they are shown. Saying it twice changes nothing.

    Args:
        by: of the panel or an officer, not of a home with whoever wrote them, and without a part in the idea.
        seen: `fingerprint_of` the words that they read.

    Raises:
        NotAllowedError: `by` wrote them, or put the idea forward, or lives with somebody who did.
        ConflictError: they were changed or taken back since.
        PhaseError: the vote is already fixed.
    """
    with acting(by, "checked an idea in another language"):
        round = lock_while_open(by, words.proposal.round_id)
        standing = IdeaWords.objects.select_related("proposal__author").filter(pk=words.pk).first()
        if standing is None or fingerprint_of(standing) != seen:
            raise ConflictError("Somebody changed these words since you opened the page.", mend="Read them once more.")
        if standing.read_by_id:
            return standing
        check_shown([standing.proposal_id])
        if standing.written_by_id == by.pk:
            raise NotAllowedError("You wrote these words.", mend="Somebody else who reads the language checks them.")
        check_other_home(by, [standing.written_by_id])
        check_not_own(by, standing.proposal)
        standing.read_by, standing.read_at = by, core_now()
        standing.save(update_fields=["read_by", "read_at"])
        role = role_of(by, round.panel, localdate(standing.read_at))
        reason = besides_english()[standing.language].name
        note_step(by=by, proposal=standing.proposal, kind=IdeaStep.Kind.WORDED, role=role, reason=reason)
        return standing


def take_words_back(*, by: User, words: IdeaWords) -> None:
    """Show an idea no longer in a language. Where nothing stands there, nothing happens.

    Raises:
        PhaseError: the vote is already fixed.
    """
    with acting(by, "took an idea out of another language"):
        lock_while_open(by, words.proposal.round_id)
        IdeaWords.objects.filter(pk=words.pk).delete()


def fingerprint_of(words: IdeaWords) -> str:
    """Which words somebody read, so that they confirm these and no others."""
    return hashlib.sha256(f"{words.title}\n{words.what}".encode()).hexdigest()[:16]
