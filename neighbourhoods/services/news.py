"""News of places: what happened is noted once, and written once to each who follows the place.

The letter and the number up to which its reader has been told commit together: a worker that dies between two places
has written to the first, and the next tick goes on with the second.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext, override

from cwf_portal.core.addresses import address_of, address_of_path
from cwf_portal.core.bulk import among
from cwf_portal.core.clock import CoreNow, today
from cwf_portal.core.languages import ENGLISH, PARAMETER, in_every_language, offered
from cwf_portal.core.messages import Letter, send_many
from cwf_portal.core.stopping import stop_address, stop_line
from neighbourhoods.domain.weeks import week_began
from neighbourhoods.figures import event_kind, telling_kinds
from neighbourhoods.models import Audience, Event, Neighbourhood, PlaceFollow, PlaceNews
from neighbourhoods.models.follows import PlaceNewsQuerySet

TOPIC = "neighbourhoods.news"
STILL_NEWS = timedelta(days=14)
MOST_NOTED, MOST_TOLD = 500, 8


def note_news(at: datetime) -> int:
    """Note what happened in places and everybody may know; returns how many. One worker at a time, see `ticks`."""
    happened = Event.objects.for_audience(Audience.PUBLIC).filter(done_at__gt=at - STILL_NEWS, done_at__lte=at)
    new = happened.filter(kind__in=telling_kinds(), news=None).order_by("done_at", "pk")[:MOST_NOTED]
    return len(PlaceNews.objects.bulk_create([PlaceNews(event=event) for event in new], ignore_conflicts=True))


def send_news(at: datetime) -> int:
    """Write to whoever is told at once, and, from Monday morning on, to whoever is told weekly. Returns how many.

    What happens in a place before an election is told after it.
    """
    free = PlaceNews.objects.sendable_on(today(at))
    unsent, of_week = free.unsent(), free.undigested(week_began(at))
    sent = sum(_tell(place, unsent, is_weekly=False) for place in _places(unsent))
    return sent + sum(_tell(place, of_week, is_weekly=True) for place in _places(of_week))


def _places(waiting: PlaceNewsQuerySet) -> list[int]:
    return sorted(set(waiting.values_list("event__neighbourhood", flat=True)))


def _tell(place_id: int, waiting: PlaceNewsQuerySet, *, is_weekly: bool) -> int:
    """All letters of one place in one transaction, and that nobody waits for this news any more."""
    with transaction.atomic():
        here = waiting.filter(event__neighbourhood=place_id).select_for_update(of=("self",), skip_locked=True)
        numbers = sorted(here.values_list("pk", flat=True))
        if not numbers:
            return 0
        behind = PlaceFollow.objects.filter(neighbourhood=place_id, is_weekly=is_weekly, told_to__lt=numbers[-1])
        follows = list(behind.select_related("user").select_for_update(of=("self",)).order_by("pk"))
        sent = send_many(_letters(place_id, follows, up_to=numbers[-1]), topic=TOPIC)
        PlaceFollow.objects.filter(pk__in=among(follow.pk for follow in follows)).update(told_to=numbers[-1])
        done = {"digested_at": CoreNow()} if is_weekly else {"sent_at": CoreNow()}
        PlaceNews.objects.filter(pk__in=numbers).update(**done)
        return sent


def _letters(place_id: int, follows: Sequence[PlaceFollow], *, up_to: int) -> Iterator[Letter]:
    """To each follower what they have not been told; those who have been told the same get the same text."""
    if not follows:
        return
    place = Neighbourhood.objects.get(pk=place_id)
    since = min(follow.told_to for follow in follows)
    news = PlaceNews.objects.filter(event__neighbourhood=place, pk__gt=since, pk__lte=up_to)
    events = {one.pk: one.event for one in news.select_related("event").order_by("pk")}
    subject = in_every_language("News of a place that you follow", about=place.name)
    texts: dict[int, str] = {}
    for follow in follows:
        if follow.user.is_active:
            if follow.told_to not in texts:
                texts[follow.told_to] = _text(place, [one for pk, one in events.items() if pk > follow.told_to])
            stop = stop_address("place", follow.pk)
            yield Letter(follow.user.email, subject, f"{texts[follow.told_to]}\n\n{stop_line(stop)}\n", stop)


def _text(place: Neighbourhood, events: Sequence[Event]) -> str:
    """In every language, English first: nobody's language is kept."""
    return "\n\n".join(_text_in(code, place, events[-MOST_TOLD:]) for code in offered())


def _text_in(code: str, place: Neighbourhood, events: Sequence[Event]) -> str:
    page = _in_language(address_of("neighbourhoods:place-detail", place.code), code)
    with override(code):
        told = [
            f"{_sentence(event)}\n{_in_language(address_of_path(event.link), code)}" if event.link else _sentence(event)
            for event in events
        ]
        whole = gettext("All about this place: {address}").format(address=page)
    return "\n\n".join([place.label, *told, whole])


def _sentence(event: Event) -> str:
    """What happened, on one line: names are people's own, and may hold anything."""
    said = gettext(event_kind(event.kind).sentence).format_map(_Params(event.params))
    return " ".join(said.split())


class _Params(dict[str, object]):
    """What an event does not say is left out of its sentence."""

    def __missing__(self, name: str) -> str:
        return ""


def _in_language(address: str, code: str) -> str:
    return address if code == ENGLISH else f"{address}?{PARAMETER}={code}"
