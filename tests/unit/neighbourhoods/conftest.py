from collections.abc import Callable
from datetime import date

import pytest

from cwf_portal.core.audit import acting
from cwf_portal.core.models import RoleGrant, User
from cwf_portal.core.permissions import Role
from neighbourhoods import figures
from neighbourhoods.figures import ObservationRow
from neighbourhoods.models import Area, AreaKind, ConstituencyAccess, Neighbourhood

SHEERNESS, TRIMDON = "E05009956", "E05009086"
A_DAY = date(2026, 3, 1)
YEAR = (date(2026, 1, 1), date(2026, 12, 31))


@pytest.fixture
def trimdon(db) -> Neighbourhood:
    """Trimdon and Thornley: 52/48 between two constituencies, unknown parts of three older ones."""
    return Neighbourhood.objects.get(code=TRIMDON)


def make_person(email: str, *roles: Role) -> User:
    """A person with roles that two others gave."""
    with acting("system:test", "made for a test"):
        user = User.objects.create_user(email, full_name=email)
        for role in roles:
            asks, confirms = (User.objects.create_user(f"{part}-{role}-{email}") for part in ("asks", "confirms"))
            RoleGrant.objects.create(
                user=user, role=role, requested_by=asks, confirmed_by=confirms, confirmed_at=user.joined_at
            )
    return User.objects.get(pk=user.pk)


@pytest.fixture
def person(db) -> Callable[..., User]:
    """Makes a person with roles that two others gave."""
    return make_person


@pytest.fixture
def mp(person) -> User:
    """An MP with access to Easington, where nearly half of Trimdon and Thornley lies."""
    user = person("mp@example.com", Role.MP)
    area = Area.objects.get(kind=AreaKind.CONSTITUENCY_2024, name="Easington")
    with acting("system:test", "made for a test"):
        ConstituencyAccess.objects.create(
            user=user,
            area=area,
            starts_on=date(2024, 7, 5),
            requested_by=person("asks@example.com"),
            confirmed_by=person("confirms@example.com"),
            confirmed_at=user.joined_at,
        )
    return user


@pytest.fixture
def source(monkeypatch) -> dict[str, list[ObservationRow]]:
    """Three measures of our own, worked out from what the test puts in: pence, people, and a percentage."""
    for name in ("_measures", "_computes", "_kinds"):
        monkeypatch.setattr(figures, name, dict(getattr(figures, name)))
    held: dict[str, list[ObservationRow]] = {"test.pence": [], "test.people": [], "test.pct": []}
    kinds = {"test.pence": ("pence", True), "test.people": ("count", True), "test.pct": ("pct", False)}
    for code, (unit, additive) in kinds.items():
        figures.declare_measure(
            code=code,
            title=code,
            definition="For tests.",
            unit=unit,
            additive=additive,
            source="the test",
            licence="none",
            freshness="now",
            disclosure_rule="under_ten" if unit == "count" else "none",
        )

        @figures.computes(code)
        def compute(places, code=code):
            return [row for row in held[code] if places is None or row.neighbourhood_id in places]

    return held


@pytest.fixture
def row() -> Callable[..., ObservationRow]:
    """A row of the year 2026."""

    def make(place: Neighbourhood | int, numerator: int, denominator: int | None = None) -> ObservationRow:
        key = place if isinstance(place, int) else place.pk
        return ObservationRow(key, *YEAR, numerator, denominator)

    return make
