"""Ideas in other languages, from the panel's words to the ballot and to the bundle."""

import json

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import advance_clock
from cwf_portal.core.errors import ConflictError, NotAllowedError
from cwf_portal.core.models import OutgoingMessage
from panels.domain.verifier.checking import verify
from panels.errors import PhaseError, ProposalError
from panels.models import IdeaStep, IdeaWords, Project, Proposal, Round
from panels.pabulib_presenters import pabulib_meta
from panels.selectors.ideas import ideas
from panels.services import cast_ballot, freeze_round, open_box, publish_result, rules_sheet
from panels.services.bundle import bundle_of
from panels.services.idea_words import Wording, check_words, fingerprint_of, take_words_back, write_words
from panels.waiting import waiting
from tests.unit.panels.builders import World, moves_in
from tests.unit.panels.views.test_languages import address, reader, text_of

pytestmark = pytest.mark.django_db
HUB = Wording("Dom na rogu", "Pokój dla wszystkich.")


def write(world: World, idea: Proposal, wording: Wording = HUB, language: str = "pl") -> IdeaWords:
    return write_words(by=world.chair, proposal=idea, language=language, wording=wording)


def check(world: World, words: IdeaWords) -> IdeaWords:
    return check_words(by=world.members[1], words=words, seen=fingerprint_of(words))


def called(idea: Proposal) -> dict[str, str]:
    return dict(ideas().get(pk=idea.pk).named.elsewhere)


def test_words_are_shown_once_a_second_person_has_checked_them(world):
    idea = world.idea(world.round_for_ideas(), "Corner Hub")
    words = write(world, idea)
    assert (called(idea), write(world, idea).pk) == ({}, words.pk)
    check(world, words)
    assert called(idea) == {"pl": HUB.title}
    read_at = check(world, words).read_at
    assert write(world, idea).read_at == read_at  # the same words again: nothing to check anew
    assert IdeaStep.objects.filter(proposal=idea, kind="worded", reason="Polski").count() == 1
    assert OutgoingMessage.objects.filter(to=idea.author.email, subject="Your idea: Corner Hub").count() == 1

    write(world, idea, Wording("Dom za rogiem", HUB.what))
    assert called(idea) == {}


def test_nobody_checks_what_they_or_somebody_at_home_wrote_or_put_forward(world):
    idea = world.idea(world.round_for_ideas(), "Corner Hub", by=world.members[2])
    words = write(world, idea)
    seen = fingerprint_of(words)
    with pytest.raises(NotAllowedError, match="You wrote these words"):
        check_words(by=world.chair, words=words, seen=seen)
    with pytest.raises(NotAllowedError, match="your own"):
        check_words(by=world.members[2], words=words, seen=seen)
    with pytest.raises(NotAllowedError):
        check_words(by=world.residents[0], words=words, seen=seen)
    for one in (world.chair, world.members[1]):
        moves_in(one, with_=world.residents[0])
    with pytest.raises(NotAllowedError, match="household"):
        check_words(by=world.members[1], words=words, seen=seen)
    with pytest.raises(IntegrityError, match="of no household"), acting("system:test", "by hand"), transaction.atomic():
        IdeaWords.objects.filter(pk=words.pk).update(read_by=world.members[1], read_at=words.written_at)
    assert called(idea) == {}


def test_whoever_read_other_words_confirms_nothing(world):
    idea = world.idea(world.round_for_ideas(), "Corner Hub")
    words = write(world, idea)
    write(world, idea, Wording("Dom za rogiem", HUB.what))
    with pytest.raises(ConflictError, match="changed these words"):
        check(world, words)
    take_words_back(by=world.chair, words=words)
    with pytest.raises(ConflictError, match="changed these words"):
        check(world, words)


@pytest.mark.parametrize(
    ("language", "wording", "said"),
    [
        ("fr", HUB, "does not speak"),
        ("en-gb", HUB, "does not speak"),
        ("pl", Wording(" ", "Pokój."), "Write both"),
        ("pl", Wording("Dom", ""), "Write both"),
    ],
)
def test_words_that_are_refused(world, language, wording, said):
    idea = world.idea(world.round_for_ideas(), "Corner Hub")
    with pytest.raises(ProposalError, match=said):
        write(world, idea, wording, language)
    assert not IdeaWords.objects.exists()


def test_only_the_panel_and_officers_write(world):
    idea = world.idea(world.round_for_ideas(), "Corner Hub")
    with pytest.raises(NotAllowedError):
        write_words(by=world.residents[0], proposal=idea, language="pl", wording=HUB)


def worded(world: World, **options: object) -> Round:
    """Voting is open: the first project is in Polish, the second has words that nobody checked."""
    round = world.shaped_round(**options)
    first, second, _ = round.proposals.order_by("pk")
    check(world, write(world, first))
    write(world, second, Wording("Remont sali", "Nowy dach."))
    round = freeze_round(by=world.chair, round=round)
    advance_clock(to=round.voting_opens_at)
    return round


def test_the_rules_hold_what_was_checked_and_nobody_changes_it_any_more(world):
    round = worded(world)
    held = {"pl": {"title": HUB.title, "what": HUB.what}}
    assert [project.in_languages for project in rules_sheet(round).projects] == [held, {}, {}]
    assert [project.in_languages for project in Project.objects.filter(round=round)] == [held, {}, {}]
    listed = json.loads(bytes(round.rules))["projects"]
    assert ["in_languages" in project for project in listed] == [True, False, False]

    words = IdeaWords.objects.get(title=HUB.title)
    for act in (
        lambda: write(world, words.proposal, Wording("Dom", "Inny.")),
        lambda: check(world, IdeaWords.objects.get(read_by=None)),
        lambda: take_words_back(by=world.chair, words=words),
    ):
        with pytest.raises(PhaseError, match="fixed"):
            act()
    for change in (
        lambda: IdeaWords.objects.filter(pk=words.pk).update(title="Dom"),
        lambda: IdeaWords.objects.filter(pk=words.pk).delete(),
        lambda: IdeaWords.objects.create(
            proposal=words.proposal, language="ur", title="گھر", what="کمرہ", written_by=world.chair
        ),
    ):
        with (
            pytest.raises(IntegrityError, match="the vote is fixed"),
            acting("system:test", "by hand"),
            transaction.atomic(),
        ):
            change()


def test_a_ballot_is_in_the_language_of_its_voter_and_names_the_project_in_english_too(world):
    round = worded(world)
    voter = world.residents[0]
    polish = text_of(reader(voter, "pl").post(address(round, "ballot/")))
    assert f"{HUB.title}: £90" in polish
    assert f'{HUB.what} Po angielsku: <bdi lang="en-GB">Corner Hub</bdi>.' in polish
    assert '<bdi lang="en-GB">Hall Repairs</bdi>' in polish
    assert "Remont sali" not in polish
    urdu, english = (text_of(reader(voter, code).post(address(round, "ballot/"))) for code in ("ur", "en-gb"))
    assert '<bdi lang="en-GB">Corner Hub</bdi>' in urdu
    for page in (urdu, english):
        assert HUB.title not in page
    checked = text_of(reader(voter, "pl").post(address(round, "check/"), {"project": ["1", "2"], "seen": "0"}))
    assert (HUB.title in checked, '<bdi lang="en-GB">Hall Repairs</bdi>' in checked) == (True, True)


def test_pages_of_the_vote_its_ideas_and_its_result_name_a_project_as_their_reader_does(world):
    round = worded(world)
    idea = round.proposals.order_by("pk")[0]
    for voter in world.residents:
        cast_ballot(by=voter, round=round, choices=["1"], seen_version=0)
    reading = reader(world.residents[0], "pl")
    seen = [f"/rounds/{round.pk}/", f"/rounds/{round.pk}/ideas/", f"/ideas/{idea.pk}/"]
    for page in seen:
        assert HUB.title in text_of(reading.get(page)), page
    world.close(round)
    open_box(by=world.chair, round=round, keys=world.keys)
    publish_result(by=world.chair, round=round)
    page = text_of(reading.get(f"/rounds/{round.pk}/result/"))
    assert (page.count(HUB.title) >= 2, "Corner Hub" in page) == (True, False)
    assert HUB.title not in text_of(Client().get(f"/rounds/{round.pk}/result/"))

    round = Round.objects.in_full().get(pk=round.pk)
    assert verify(bundle_of(round=round, meta=pabulib_meta(round)))[0] == "every file is as the portal signed it"


def test_a_list_of_ideas_asks_once_for_all_words(world, django_assert_max_num_queries):
    round = world.round_for_ideas()
    for number in range(6):
        idea = world.idea(round, f"Idea {number}")
        check(world, write(world, idea))
    with django_assert_max_num_queries(2):
        assert len({idea.named.elsewhere["pl"] for idea in ideas().filter(round=round)}) == 1


def test_the_pages_on_which_it_is_written_and_checked(world):
    idea = world.idea(world.round_for_ideas(), "Corner Hub")
    writing, checking = (Client() for _ in range(2))
    writing.force_login(world.chair)
    checking.force_login(world.members[1])
    here = f"/ideas/{idea.pk}/words/"

    refused = writing.post(f"{here}pl/", {"title": "", "what": HUB.what})
    assert (refused.status_code, HUB.what in text_of(refused)) == (400, True)
    assert writing.post(f"{here}pl/", {"title": HUB.title, "what": HUB.what}).status_code == 302
    page = text_of(writing.get(f"{here}pl/"))
    assert ("You wrote it: a second person checks it." in page, "Show it to everybody" in page) == (True, False)

    page = text_of(checking.get(f"{here}pl/"))
    assert (
        "Show it to everybody" in page,
        f'lang="pl" dir="ltr"><p class="govuk-body"><strong>{HUB.title}' in page,
    ) == (
        True,
        True,
    )
    seen = fingerprint_of(IdeaWords.objects.get())
    right_to_left = text_of(checking.get(f"{here}ur/"))
    assert ('<html lang="en-GB" dir="ltr">' in right_to_left, 'lang="ur" dir="rtl"' in right_to_left) == (True, True)
    unread = checking.post(f"{here}pl/check/", {"seen": seen})
    assert (unread.status_code, called(idea)) == (400, {})
    stale = checking.post(f"{here}pl/check/", {"seen": "0" * 16, "same": "on"})
    assert (stale.status_code, "Read them once more" in text_of(stale)) == (400, True)
    assert checking.post(f"{here}pl/check/", {"seen": seen, "same": "on"}).status_code == 302
    assert called(idea) == {"pl": HUB.title}
    assert "Checked" in text_of(checking.get(here))

    assert writing.post(f"{here}pl/back/").status_code == 302
    assert writing.post(f"{here}pl/back/").status_code == 302
    assert called(idea) == {}
    for unknown in ("fr", "en-gb"):
        assert writing.get(f"{here}{unknown}/").status_code == 404


def test_the_printed_ballot_has_every_language_on_the_one_paper(world):
    round = worded(world)
    client = Client()
    client.force_login(world.chair)
    page = text_of(client.get(f"/rounds/{round.pk}/paper/"))
    assert f"{HUB.title}: {HUB.what} " in page
    assert ("<strong>Corner Hub: £90,000</strong>" in page, "Remont sali" in page) == (True, False)


def test_a_second_member_finds_on_their_page_what_they_can_check(world):
    idea = world.idea(world.round_for_ideas(), "Corner Hub")
    words = write(world, idea)
    title = "Check 1 idea in another language"
    assert title not in {item.title for item in waiting(world.chair)}
    found = {item.title: item for item in waiting(world.members[1])}[title]
    assert (found.url, "Polski" in found.detail) == (f"/ideas/{idea.pk}/words/pl/", True)
    check(world, words)
    assert title not in {item.title for item in waiting(world.members[1])}


def test_words_wait_for_nobody_once_the_vote_is_fixed(world):
    round = worded(world)
    idea = round.proposals.order_by("pk")[1]
    client = Client()
    client.force_login(world.members[1])
    page = text_of(client.get(f"/ideas/{idea.pk}/words/pl/"))
    assert ("cannot be changed any more" in page, "<textarea" in page) == (True, False)


def test_a_second_writer_changes_the_words_of_the_first_which_the_record_keeps(world):
    idea = world.idea(world.round_for_ideas(), "Corner Hub")
    write(world, idea)
    write_words(by=world.members[1], proposal=idea, language="pl", wording=Wording("Dom", "Pokój."))
    words = IdeaWords.objects.get()
    assert (words.title, words.written_by, words.read_by) == ("Dom", world.members[1], None)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM panels_ideawordsevent WHERE title = %s", [HUB.title])
        assert cursor.fetchone() == (1,)
