"""Invented people: equal for equal keys, plausible, and never anybody real.

Every e-mail address ends in `.example`, a domain nobody can own; every address uses the postcode area ZA, which
does not exist.
"""

import uuid
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

NAMESPACE: Final = uuid.UUID("5a0c6ff2-6d39-5e0e-9a55-9d8f3c7b1f10")
ELDEST_BORN_ON: Final = date(1935, 1, 1)
YOUNGEST_BORN_ON: Final = date(2004, 1, 1)  # of voting age on every day that the demo or the journey plays on

_FIRST = (
    "Aaliyah Aidan Aisha Alan Alice Amir Amy Ana Andrzej Angela Anil Ann Anthony Arjun Barbara Ben Beth Brian Callum"
    " Carol Charlotte Chidi Chloe Chris Claire Colin Craig Dan Daniela Darren Dave Dawn Deepa Delroy Diane Donna Ebony"
    " Edna Eleri Ella Emeka Emma Eva Farah Femi Fiona Gail Gareth Gary George Grace Hamza Hannah Harjit Hazel Helen"
    " Ian Imran Irena Isla Jack Jackie Jakub James Jan Janet Jasmine Jean Jo Joanne Jodie Joe Joyce Julie Kamal Karen"
    " Kasia Keith Kelly Kerry Kevin Kiran Kofi Laura Leanne Lee Lesley Liam Lily Linda Lorraine Lucy Luke Maeve"
    " Magda Malik Maria Mark Marlon Mary Maureen Megan Mei Michelle Mina Mohammed Molly Naomi Neil Nia Nicola Nikhil"
    " Noor Olga Olu Owen Pat Paul Pauline Pete Piotr Priya Rachel Rahel Raj Ravi Rebecca Rita Rob Rosa Ruth Ryan Sadia"
    " Sally Sam Sandra Sanjay Sean Selina Shabana Shane Sharon Shirley Simon Sofia Stacey Steve Sue Sunita Tariq Terry"
    " Tina Tom Tomasz Tracey Tunde Val Vera Vikram Wayne Wendy Winston Yasmin Yusuf Zara Zoe"
)
_LAST = (
    "Abbott Adeyemi Ahmed Ali Allen Anderson Armstrong Asante Atkinson Bailey Baker Barker Begum Bell Bennett Birch"
    " Booth Bradley Brook Burgess Carr Chan Chapman Clark Cole Cooper Cox Crossley Davies Dean Dhillon Dixon Doyle"
    " Eccles Edwards Ellis Evans Fairley Farrell Fletcher Ford Foster Fox Garner George Gibson Gill Graham Grant Green"
    " Griffiths Hall Hamilton Hardy Harris Hart Hassan Hayes Higgins Hill Holt Hopkins Hudson Hughes Hussain Islam"
    " Jackson Jenkins Johnson Jones Joshi Kaur Kelly Khan Knight Kowalska Kowalski Lamb Lawson Lewis Lloyd Lowe Mahmood"
    " Marsh Martin Mason McCarthy Mensah Miah Miller Mills Mistry Mitchell Moore Morgan Morris Murphy Nash Nowak"
    " O'Brien Okafor Olsen Osei Owen Parker Patel Pearson Perry Phillips Porter Powell Price Rahman Reid Reynolds"
    " Richards Roberts Robinson Rogers Rose Russell Saunders Shah Sharma Shaw Simpson Singh Smith Spencer Stevens"
    " Stone Sutton Taylor Thomas Thompson Turner Wade Walker Wall Walsh Ward Watson Webb Wells White Williams Wood"
    " Wright Yates Young"
)
_TREES = "Alder Ash Beech Birch Cedar Cherry Elder Elm Hawthorn Hazel Holly Juniper Larch Lime Maple Oak"
_WAYS = "Street Road Avenue Close Terrace"
FIRST_NAMES: Final = tuple(_FIRST.split())
SURNAMES: Final = tuple(_LAST.split())
STREETS: Final = tuple(f"{tree} {way}" for way in _WAYS.split() for tree in _TREES.split())


@dataclass(frozen=True)
class Person:
    """Somebody invented. `address` is one line without the postcode; two people of one household share both."""

    key: uuid.UUID
    full_name: str
    email: str
    born_on: date
    address: str
    postcode: str


def person(*natural_key: str | int) -> Person:
    """The invented person whom this key names; the same key always names the same person."""
    key = uuid.uuid5(NAMESPACE, ":".join(str(part) for part in natural_key))
    number = key.int
    number, first = divmod(number, len(FIRST_NAMES))
    number, last = divmod(number, len(SURNAMES))
    number, street = divmod(number, len(STREETS))
    number, house = divmod(number, 400)
    number, unit = divmod(number, 9)
    number, days = divmod(number, (YOUNGEST_BORN_ON - ELDEST_BORN_ON).days)
    name = f"{FIRST_NAMES[first]} {SURNAMES[last]}"
    return Person(
        key=key,
        full_name=name,
        email=f"{name.lower().replace(' ', '.').replace(chr(39), '')}.{key.hex[:10]}@sample.example",
        born_on=ELDEST_BORN_ON + timedelta(days=days),
        address=f"{house + 1} {STREETS[street]}",
        postcode=f"ZA1 {unit + 1}AA",
    )


def choose(options: int, *natural_key: str | int) -> int:
    """A number from 0 to `options` - 1 that this key names, as if drawn by lot."""
    return uuid.uuid5(NAMESPACE, ":".join(str(part) for part in natural_key)).int % options
