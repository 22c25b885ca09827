"""Dates of places for somebody's own calendar (RFC 5545): whole days, each with where it stands on this site."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta

from icalendar import Calendar
from icalendar import Event as Entry

from cwf_portal.core.exports import SAMPLE_NOTE
from neighbourhoods.models import Event
from neighbourhoods.presenters.figures import EventText, event_text

PRODUCT = "-//Community Wealth Fund//Dates of places//EN"
HOURS_BETWEEN_LOOKS = timedelta(hours=12)


def calendar(
    name: str, events: Iterable[Event], *, at: datetime, today: date, address: Callable[[str], str], sample: bool
) -> bytes:
    """The file. A calendar that looks again finds each date under the same name, moved where it moved.

    Args:
        name: What the calendar is called.
        events: With their places.
        at: Now.
        today: What is not done before this day is late.
        address: Makes a path of ours a whole address.
        sample: Whether everything in it is invented.
    """
    file = Calendar()
    file.add("prodid", PRODUCT)
    file.add("version", "2.0")
    file.add("x-wr-calname", f"{name} (sample)" if sample else name)
    file.add("refresh-interval", HOURS_BETWEEN_LOOKS, parameters={"VALUE": "DURATION"})
    for event in events:
        file.add_component(_entry(event, event_text(event, today), at=at, address=address, sample=sample))
    written: bytes = file.to_ical()
    return written


def _entry(event: Event, text: EventText, *, at: datetime, address: Callable[[str], str], sample: bool) -> Entry:
    entry = Entry()
    entry.add("uid", f"{event.key}@{address('/').split('/')[2]}")
    entry.add("dtstamp", at)
    entry.add("dtstart", text.happens_on)
    entry.add("dtend", text.happens_on + timedelta(days=1))
    entry.add("summary", f"{text.place}: {text.title}{' (late)' if text.is_late else ''}")
    said = [text.sentence, f"Why: {text.reason}" if text.reason and text.is_late else "", SAMPLE_NOTE if sample else ""]
    entry.add("description", "\n".join(str(line) for line in said if line))
    entry.add("url", address(text.link or f"/places/{text.place_code}/"))
    entry.add("transp", "TRANSPARENT")  # takes none of the reader's time
    return entry
