"""People, places and money for the tests of grants."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import advance_clock, core_now
from cwf_portal.core.models import RoleGrant, User
from cwf_portal.core.permissions import Role
from grants import services
from grants.domain.authority import Rank, Risk
from grants.models import (
    AccountableBody,
    Agreement,
    AuthorityChange,
    BodyContact,
    Delegation,
    OfficerAuthority,
    Programme,
    Source,
    Wave,
)
from grants.selectors.days import today
from panels.models import Organisation
from tests.support.remembered import remembered
from tests.unit.grants.sample import carried_resolution, ranking_of

POUND = 100
MILLION = 1_000_000 * POUND
PLACES = 4
LONDON = ZoneInfo("Europe/London")


def make_person(name: str, *roles: Role) -> User:
    """A person with roles that two others asked for and confirmed."""
    with acting("system:test", "made for a test"):
        user = User.objects.create_user(f"{name}@example.org", full_name=name.replace("-", " ").title())
        for role in roles:
            asked = User.objects.create_user(f"asks-{role}-{name}@example.org")
            confirms = User.objects.create_user(f"confirms-{role}-{name}@example.org")
            RoleGrant.objects.create(
                user=user, role=role, requested_by=asked, confirmed_by=confirms, confirmed_at=core_now()
            )
    return User.objects.get(pk=user.pk)


def to_next_noon() -> None:
    """Noon of the next day in London: a day added to the time of day may stay in a day that has twenty-five hours."""
    advance_clock(to=datetime.combine(today() + timedelta(days=1), time(12), LONDON))


def give_rank(user: User, rank: Rank, team: str) -> User:
    """Record a rank and a team from long ago."""
    said = {"user": user, "rank": rank, "team": team, "from_on": date(2020, 1, 1)}
    with acting("system:test", "gave a rank"):
        one, other = (User.objects.create_user(f"{part}-{rank}-{user.pk}@example.org") for part in ("asks", "confirms"))
        change = AuthorityChange.objects.create(**said, requested_by=one, confirmed_by=other, confirmed_at=core_now())
        OfficerAuthority.objects.create(**said, change=change)
    return user


def hand_over(giver: User, taker: User) -> Delegation:
    """The taker acts for the giver from today, as an administrator confirmed."""
    with acting("system:test", "handed over"):
        return Delegation.objects.create(
            giver=giver,
            taker=taker,
            from_on=today(),
            to_on=today(),
            reason="On leave.",
            confirmed_by=User.objects.create_user(f"confirms-{giver.pk}@example.org"),
            confirmed_at=core_now(),
        )


@dataclass
class People:
    """The officers and the body's people that a whole story needs."""

    director: User
    finance_director: User
    officer: User
    senior: User
    head: User
    fund_director: User
    finance_manager: User
    signatory: User
    treasurer: User


def make_people() -> People:
    return People(
        director=give_rank(make_person("director", Role.FUND_DIRECTOR), Rank.FUND_DIRECTOR, "board office"),
        finance_director=make_person("finance-director", Role.FINANCE_DIRECTOR),
        officer=give_rank(make_person("officer", Role.GRANTS_OFFICER), Rank.GRANTS_OFFICER, "north"),
        senior=give_rank(make_person("senior", Role.SENIOR_OFFICER), Rank.SENIOR_OFFICER, "north"),
        head=give_rank(make_person("head", Role.HEAD_OF_GRANTS), Rank.HEAD_OF_GRANTS, "south"),
        fund_director=give_rank(make_person("fund-director", Role.FUND_DIRECTOR), Rank.FUND_DIRECTOR, "north"),
        finance_manager=make_person("finance-manager", Role.FINANCE_MANAGER),
        signatory=make_person("signatory", Role.SIGNATORY),
        treasurer=make_person("treasurer", Role.TREASURER),
    )


def make_programme(people: People, **changes: object) -> Programme:
    return services.open_programme(by=people.director, preset="campaign", **changes)


def receive(people: People, programme: Programme, source: str, pounds: int) -> Wave:
    """Announce a wave and let the bank credit it."""
    wave = services.announce_wave(
        by=people.director,
        programme=programme,
        source=Source.objects.get(code=source),
        title=f"Wave of {source}",
        announced_pence=pounds * POUND,
        expected_on=today(),
        bank_reference=f"WAVE-{source}-{programme.waves.count() + 1}",
    )
    return services.post_wave_received(
        by="system:statements",
        wave=wave,
        amount_pence=pounds * POUND,
        value_on=today(),
        statement_line=f"line {wave.pk}",
    )


def make_funded_programme(people: People) -> Programme:
    """The campaign's programme with two thirds of its money from forgotten accounts, one third from the lottery."""
    programme = make_programme(people)
    receive(people, programme, "dormant", 60_000_000)
    receive(people, programme, "lottery", 30_000_000)
    return programme


def make_body(people: People, name: str = "Corner House Trust") -> AccountableBody:
    with acting("system:test", "made an organisation"):
        organisation = Organisation.objects.create(name=name)
    body = services.register_body(
        by=people.officer,
        organisation=organisation,
        legal_form="charity",
        due_diligence_expires_on=today() + timedelta(days=900),
    )
    services.add_contact(by=people.officer, body=body, user=people.signatory, role=BodyContact.Role.SIGNATORY)
    services.add_contact(by=people.officer, body=body, user=people.treasurer, role=BodyContact.Role.TREASURER)
    return body


def allocate(people: People, programme: Programme, *, places: int = 1, number: int = 1) -> None:
    """Rank some places and set their money aside."""
    cohort = services.propose_cohort(
        by=people.director, programme=programme, ranking=ranking_of(places, number), number=number
    )
    services.allocate_cohort(by=people.finance_director, cohort=cohort)


@dataclass
class Story:
    """One agreement and everybody around it."""

    people: People
    programme: Programme
    agreement: Agreement

    def fresh(self) -> Agreement:
        self.agreement = Agreement.objects.with_parties().get(pk=self.agreement.pk)
        return self.agreement

    def recommend(self, risk: Risk = Risk.LOW) -> None:
        services.recommend_agreement(by=self.people.officer, agreement=self.agreement, risk=risk)

    def approve(self) -> Agreement:
        """Through every step to approved."""
        self.recommend()
        services.assure_agreement(by=self.people.senior, agreement=self.agreement)
        services.approve_agreement(by=self.people.fund_director, agreement=self.agreement, minute_reference="B 12/26")
        services.approve_agreement(by=self.people.head, agreement=self.agreement)
        return self.fresh()

    def accept(self) -> Agreement:
        """Approved, offered and accepted."""
        self.approve()
        services.offer_agreement(by=self.people.officer, agreement=self.agreement)
        services.accept_offer(by=self.people.signatory, agreement=self.agreement)
        return self.fresh()


def make_story(
    people: People, programme: Programme, *, term_years: int = 10, body: AccountableBody | None = None
) -> Story:
    allocation = programme.allocations.exclude(agreements__isnull=False).order_by("pk").first()
    resolution = carried_resolution(
        neighbourhood=allocation.neighbourhood,
        organisation=(body or make_body(people)).organisation,
        term_years=term_years,
    )
    agreement = services.draft_agreement(by="system:test", resolution=resolution)
    return Story(people, programme, agreement)


@dataclass
class Beginning:
    """As much of a story as a test asked for; what it did not ask for is not there."""

    people: People
    programme: Programme | None = None
    story: Story | None = None
    stories: Sequence[Story] = ()


def tell_people() -> Beginning:
    return Beginning(make_people())


def tell_programme() -> Beginning:
    beginning = tell_people()
    beginning.programme = make_funded_programme(beginning.people)
    return beginning


def tell_story() -> Beginning:
    beginning = tell_programme()
    assert beginning.programme is not None
    allocate(beginning.people, beginning.programme)
    beginning.story = make_story(beginning.people, beginning.programme)
    return beginning


def tell_accepted() -> Beginning:
    beginning = tell_story()
    assert beginning.story is not None
    beginning.story.accept()
    return beginning


def accepted_stories(people: People, places: int) -> list[Story]:
    """So many agreements, each with an organisation of its own, all accepted today."""
    programme = make_programme(people)
    receive(people, programme, "dormant", 150_000_000)
    allocate(people, programme, places=places)
    stories = [
        make_story(people, programme, body=make_body(people, name=f"Trust {number}")) for number in range(places)
    ]
    for story in stories:
        story.accept()
    return stories


def tell_stories() -> Beginning:
    beginning = tell_people()
    beginning.stories = accepted_stories(beginning.people, PLACES)
    advance_clock(by=timedelta(days=367))
    return beginning


BEGINNINGS = {  # the furthest first
    "stories": tell_stories,
    "accepted": tell_accepted,
    "story": tell_story,
    "programme": tell_programme,
    "people": tell_people,
}


@pytest.fixture
def beginning(request: pytest.FixtureRequest, db: None) -> Iterator[Beginning]:
    """The furthest beginning among those that the test asks for."""
    name = next(name for name in BEGINNINGS if name in request.fixturenames)
    with remembered(name, BEGINNINGS[name]) as told:
        yield told


@pytest.fixture
def people(beginning: Beginning) -> People:
    return beginning.people


@pytest.fixture
def programme(beginning: Beginning) -> Programme:
    """The campaign's programme with two thirds of its money from forgotten accounts, one third from the lottery."""
    assert beginning.programme is not None
    return beginning.programme


@pytest.fixture
def story(beginning: Beginning) -> Story:
    """A drafted agreement of one place over ten years."""
    assert beginning.story is not None
    return beginning.story


@pytest.fixture
def accepted(story: Story) -> Story:
    """The same story, with its agreement approved, offered and accepted."""
    return story


@pytest.fixture
def stories(beginning: Beginning) -> list[Story]:
    """Four agreements one year after their acceptance."""
    return list(beginning.stories)


@pytest.fixture
def pass_time(db: None) -> Callable[..., None]:
    """Move the clock of record forward."""

    def move(**step: int) -> None:
        advance_clock(by=timedelta(**step))

    return move


@contextmanager
def sealed() -> Iterator[None]:
    """Check the deferred rules of the ledger at the end of the block instead of at commit."""
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
