"""Ideas in other languages: the panel and officers write them, and check what another wrote."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from cwf_portal.core.access import SignedInRequest, requires
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import DomainError
from cwf_portal.core.languages import Language, besides_english
from cwf_portal.core.permissions import Permission
from panels import idea_presenters, selectors
from panels.idea_forms import CheckWordsForm, WordsForm
from panels.models import Act, IdeaWords, Proposal
from panels.services.idea_words import check_words, fingerprint_of, take_words_back, write_words


@requires(Permission.SHAPE_PROPOSAL)
@require_safe
def proposal_words(request: SignedInRequest, pk: int) -> HttpResponse:
    """In which languages an idea is, and which words wait for a second person."""
    proposal = get_object_or_404(selectors.proposals(), pk=pk)
    rows = idea_presenters.language_rows(besides_english(), proposal.words.all())
    return render(request, "panels/proposal_words.html", {"proposal": proposal, "rows": rows})


@requires(Permission.SHAPE_PROPOSAL)
def proposal_words_in(request: SignedInRequest, pk: int, language: str) -> HttpResponse:
    """Write an idea in one language."""
    proposal, spoken = _found(pk, language)
    words = proposal.words.filter(language=language).first()
    initial = {"title": words.title, "what": words.what} if words else None
    form = WordsForm(request.POST or None, initial=initial, language=spoken)
    if request.method == "POST" and form.is_valid():
        try:
            write_words(by=request.user, proposal=proposal, language=language, wording=form.wording())
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"Saved in {spoken.name}. It is shown once a second person has checked it.")
            return redirect("panels:proposal-words", pk=pk)
    return _page(request, proposal, spoken, form=form)


@requires(Permission.SHAPE_PROPOSAL)
@require_POST
def proposal_words_check(request: SignedInRequest, pk: int, language: str) -> HttpResponse:
    """Say that they say the same as the English."""
    proposal, spoken = _found(pk, language)
    words, form = get_object_or_404(proposal.words, language=language), CheckWordsForm(request.POST)
    if form.is_valid():
        try:
            check_words(by=request.user, words=words, seen=form.cleaned_data["seen"])
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"“{proposal.title}” can now be read in {spoken.name}.")
            return redirect("panels:proposal-words", pk=pk)
    return _page(request, proposal, spoken, check=form)


@requires(Permission.SHAPE_PROPOSAL)
@require_POST
def proposal_words_back(request: SignedInRequest, pk: int, language: str) -> HttpResponse:
    """Show the idea in this language no longer."""
    proposal, spoken = _found(pk, language)
    words = proposal.words.filter(language=language).first()
    if words:
        take_words_back(by=request.user, words=words)
    messages.success(request, f"“{proposal.title}” is not shown in {spoken.name}.")
    return redirect("panels:proposal-words", pk=pk)


def _found(pk: int, language: str) -> tuple[Proposal, Language]:
    spoken = besides_english().get(language)
    if spoken is None:
        raise Http404("The portal does not speak that language.")
    return get_object_or_404(selectors.proposals(), pk=pk), spoken


def _page(
    request: SignedInRequest,
    proposal: Proposal,
    language: Language,
    *,
    form: WordsForm | None = None,
    check: CheckWordsForm | None = None,
) -> HttpResponse:
    """Both forms stand on one page; the one that was sent says what is wrong with it."""
    words = IdeaWords.objects.filter(proposal=proposal, language=language.code).select_related("written_by").first()
    initial = {"title": words.title, "what": words.what, "seen": fingerprint_of(words)} if words else None
    wrong = check or form
    context = {
        "proposal": proposal,
        "spoken": language,
        "words": words,
        "form": form or WordsForm(initial=initial, language=language),
        "check": check or CheckWordsForm(initial=initial),
        "wrong": wrong,
        "is_open": proposal.round.permits(Act.SHAPE, core_now()),
        "can_check": words is not None and words.read_by_id is None and words.written_by_id != request.user.pk,
    }
    return render(request, "panels/proposal_words_in.html", context, status=400 if wrong and wrong.errors else 200)
