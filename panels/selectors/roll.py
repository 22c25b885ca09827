"""What is read about a voters' list before the box is opened."""

from collections import defaultdict

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.timezone import localdate

from cwf_portal.core.models import User
from panels.domain.bursts import CountOf, DoneBy, RollNumbers, Shown, Unconfirmed, Verifier, counts_of, crowded_homes
from panels.domain.near_matches import Listed, NearMatch, near_matches
from panels.models import (
    AddressLetter,
    BurstReview,
    CardBatch,
    Correction,
    DocumentCheck,
    HelpedVote,
    MatchVerdict,
    PaperEnvelope,
    Residence,
    RollEntry,
    Round,
    SealedBallot,
    TableEntry,
    Vouch,
)

ENOUGH = 2
UNKNOWN: Verifier = ("unknown", frozenset())
Way = tuple[int, str]  # of one residence


def matches_of(round: Round) -> list[NearMatch]:
    """Pairs of people with a ballot in the box who may be one; invented people are left out."""
    people = Residence.objects.filter(user__roll_entries__in=_voted(round), user__is_sample=False)
    return near_matches(
        Listed(*row)
        for row in people.values_list("user__roll_entries__pk", "user__full_name", "born_hmac", "household_hmac")
    )


def settled_matches(round: Round) -> dict[tuple[int, int], bool]:
    """Pairs on which two people of different sides agree, by their entries: whether they are one person."""
    agreed = (
        MatchVerdict.objects.filter(first__round=round)
        .values("first", "second", "is_same")
        .annotate(sides=Count("side", distinct=True))
        .filter(sides__gte=ENOUGH)
        .order_by("first", "second")
    )
    return {(row["first"], row["second"]): row["is_same"] for row in agreed}


def open_matches(round: Round) -> list[NearMatch]:
    """Pairs that wait for somebody to judge them."""
    settled = settled_matches(round)
    return [match for match in matches_of(round) if (match.first, match.second) not in settled]


def named_matches(round: Round) -> list[tuple[NearMatch, str, str]]:
    """Pairs that wait for somebody to judge them, with the names of both."""
    waiting = open_matches(round)
    entries = {entry for match in waiting for entry in (match.first, match.second)}
    names = dict(RollEntry.objects.filter(pk__in=entries).values_list("pk", "user__full_name"))
    return [(match, names[match.first], names[match.second]) for match in waiting]


def verdicts_on(first: RollEntry, second: RollEntry) -> QuerySet[MatchVerdict]:
    return MatchVerdict.objects.filter(first=first, second=second).select_related("judge").order_by("pk")


def counts_on_roll(round: Round) -> list[CountOf]:
    """For everybody on the list who has shown where they live: by whom it was confirmed, counted."""
    shown = Residence.objects.shown().filter(user__roll_entries__round=round)
    people = list(shown.values_list("pk", "proved_by", "shown_at", "user__is_sample"))
    ways = {way for _, way, _, _ in people}
    confirmed = {key: by for way, read in CONFIRMED_BY.items() if way in ways for key, by in read(round).items()}
    return counts_of(
        Shown(by, localdate(shown_at), is_sample, who)
        for pk, way, shown_at, is_sample in people
        for by, who in (confirmed.get((pk, way), UNKNOWN),)
    )


def crowded_homes_on_roll(round: Round) -> list[int]:
    """How many people on the list give the same address, where it is more than six."""
    real = Residence.objects.filter(user__roll_entries__round=round, user__is_sample=False)
    return crowded_homes(real.values_list("household_hmac", flat=True))


def numbers_on_roll(round: Round) -> RollNumbers:
    """Who stands for how many of this list, in every way in which somebody can."""
    return RollNumbers(
        counts_on_roll(round),
        crowded_homes_on_roll(round),
        helpers=_done_by(HelpedVote.objects.filter(roll_entry__round=round), "helper"),
        tables=_done_by(TableEntry.objects.filter(roll_entry__round=round), "entered_by"),
        unconfirmed=unconfirmed_on_roll(round),
    )


def unconfirmed_on_roll(round: Round) -> list[Unconfirmed]:
    """Who has voted and only said where they live, by the day on which they did; invented people are left out."""
    homes = Residence.objects.filter(user__roll_entries__in=_voted(round), user__is_sample=False)
    rows = homes.exclude(level=Residence.Level.SHOWN).order_by("declared_at", "pk")
    return [
        Unconfirmed(name, localdate(declared_at))
        for name, declared_at in rows.values_list("user__full_name", "declared_at")
    ]


def _done_by(rows: QuerySet[HelpedVote] | QuerySet[TableEntry], field: str) -> list[DoneBy]:
    """By person, the most first; invented people cause no burst."""
    named = rows.values_list(field, f"{field}__full_name", f"{field}__email", f"{field}__is_sample")
    counted = named.annotate(number=Count("pk"))
    done = [DoneBy(name or email, number, pk, is_sample) for pk, name, email, is_sample, number in counted]
    return sorted(done, key=lambda one: (-one.number, one.name, one.person))


def reviews_of(round: Round) -> QuerySet[BurstReview]:
    return BurstReview.objects.filter(round=round).select_related("reviewer").order_by("pk")


def entries_of(match: NearMatch) -> tuple[RollEntry, RollEntry]:
    """Both entries of a pair with their people."""
    both = RollEntry.objects.select_related("round", "user__residence").in_bulk([match.first, match.second])
    return both[match.first], both[match.second]


def roll_for_print(round: Round) -> QuerySet[RollEntry]:
    """The list by name: who has voted here already, and who must still show where they live.

    Ballots sent by email that nobody has signed in for are left out: they take nobody's vote away on polling day.
    So are entries of people whose other entry counts.
    """
    voted = SealedBallot.objects.standing().filter(roll_entry=OuterRef("pk"))
    entries = RollEntry.objects.filter(round=round, first_vote=None, set_aside=None).select_related(
        "user", "verification"
    )
    return entries.annotate(has_voted=Exists(voted)).order_by("user__full_name", "pk")


def entries_opened_on_paper(round: Round) -> set[int]:
    """Entries whose envelope was opened with others."""
    opened = PaperEnvelope.objects.filter(round=round, state=PaperEnvelope.State.OPENED)
    return {entry for entry in opened.values_list("roll_entry", flat=True) if entry}


def entries_shown(round: Round) -> set[int]:
    """Entries of people who have shown where they live."""
    shown = RollEntry.objects.filter(round=round, user__residence__level=Residence.Level.SHOWN)
    return set(shown.values_list("pk", flat=True))


def _voted(round: Round) -> QuerySet[RollEntry]:
    """With a ballot that can be opened: whoever has not shown yet what the round asks for is set aside before."""
    certain = RollEntry.objects.filter(Q(is_pending=False) | Q(verification__isnull=False))
    return certain.filter(round=round, sealed__in=SealedBallot.objects.standing(), set_aside=None)


def _by_pair(round: Round) -> dict[Way, Verifier]:
    """Few pairs confirm many people: what is said of a pair is put into words once."""
    pairs: dict[int, tuple[int, ...]] = defaultdict(tuple)
    vouches = Vouch.objects.filter(residence__user__roll_entries__round=round).order_by("voucher")
    for residence, voucher in vouches.values_list("residence", "voucher"):
        pairs[residence] += (voucher,)
    different = set(pairs.values())
    people = User.objects.filter(pk__in={person for pair in different for person in pair})
    names = {pk: name or email for pk, name, email in people.values_list("pk", "full_name", "email")}
    verifiers = {pair: (f"In person: {' and '.join(names[pk] for pk in pair)}", frozenset(pair)) for pair in different}
    return {(residence, Residence.ProvedBy.IN_PERSON): verifiers[pair] for residence, pair in pairs.items()}


def _by_card(round: Round) -> dict[Way, Verifier]:
    batches = CardBatch.objects.filter(neighbourhood=round.panel.neighbourhood_id, cards__used_by__isnull=False)
    names = ("event", "made_by__full_name", "released_by__full_name")
    rows = batches.values_list("cards__used_by", *names, "made_by", "released_by")
    way = Residence.ProvedBy.CARD
    return {
        (pk, way): (f"Cards: {event}, by {made} and {released}", frozenset(who))
        for pk, event, made, released, *who in rows
    }


def _by_letter(round: Round) -> dict[Way, Verifier]:
    letters = AddressLetter.objects.filter(residence__user__roll_entries__round=round, posted_at__isnull=False)
    rows = letters.values_list("residence", "posted_by__full_name", "posted_by")
    return {(pk, Residence.ProvedBy.POST): (f"Letters posted by {name}", frozenset({who})) for pk, name, who in rows}


def _by_document(round: Round) -> dict[Way, Verifier]:
    checks = DocumentCheck.objects.filter(residence__user__roll_entries__round=round, is_enough=True)
    rows = checks.order_by("-pk").values_list("residence", "officer__full_name", "officer")
    way = Residence.ProvedBy.DOCUMENT
    return {(pk, way): (f"Documents seen by {name}", frozenset({who})) for pk, name, who in rows}


def _by_correction(round: Round) -> dict[Way, Verifier]:
    done = Correction.objects.done().filter(residence__user__roll_entries__round=round).order_by("pk")
    names = ("first_by__full_name", "second_by__full_name")
    rows = done.values_list("residence", *names, "first_by", "second_by")
    way = Residence.ProvedBy.CORRECTION
    return {
        (pk, way): (f"Corrected by {' and '.join(sorted((first, second)))}", frozenset(who))
        for pk, first, second, *who in rows
    }


CONFIRMED_BY = {
    Residence.ProvedBy.CORRECTION: _by_correction,
    Residence.ProvedBy.IN_PERSON: _by_pair,
    Residence.ProvedBy.CARD: _by_card,
    Residence.ProvedBy.POST: _by_letter,
    Residence.ProvedBy.DOCUMENT: _by_document,
}
