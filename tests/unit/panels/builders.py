"""What tests of this room start from: a place, people, a panel, and a round in any phase."""

import itertools
import uuid
from datetime import date, timedelta

from cryptography.hazmat.primitives.serialization import load_der_private_key
from django.conf import settings

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import advance_clock, core_now
from cwf_portal.core.models import RoleGrant, User
from cwf_portal.core.permissions import Role
from neighbourhoods.models import Area, AreaKind, Neighbourhood, TargetList, TargetListEntry
from panels.domain.sealing import private_bytes
from panels.domain.tally import Rule
from panels.keys import PORTAL_KEY_FILE, KeysInMemory
from panels.models import Panel, Proposal, Residence, Round
from panels.models.round import CHALLENGE_WINDOW
from panels.services import (
    Costs,
    Idea,
    RoundPlan,
    Seat,
    add_member,
    assess_proposal,
    cast_ballot,
    create_panel,
    create_round,
    freeze_round,
    notify_envelope,
    open_box,
    publish_result,
    submit_proposal,
)
from panels.services.sample import SamplePerson, create_sample_keepers, create_sample_residents

numbers = itertools.count(1)
MEMBERS = 8
ROUNDS = 5  # as many as there is money for
DAY = timedelta(days=1)
VOTES = (["1", "3"], ["1"], ["2", "3"], ["1", "2"], ["3"])
PROJECTS = (("Corner Hub", 60_000_00, 10_000_00), ("Hall Repairs", 40_000_00, 0), ("Pocket Garden", 9_000_00, 1_000_00))


def person(*roles: Role, name: str = "") -> User:
    """Somebody with an account and these roles."""
    number = next(numbers)
    with acting("system:test", "made for a test"):
        user = User.objects.create_user(f"person{number}@sample.example", full_name=name or f"Person {number}")
        for role in roles:
            asked, confirmed = (
                User.objects.create_user(f"{part}{role}{number}@sample.example") for part in ("asks", "confirms")
            )
            RoleGrant.objects.create(
                user=user, role=role, requested_by=asked, confirmed_by=confirmed, confirmed_at=user.joined_at
            )
    return User.objects.get(pk=user.pk)


def place() -> Neighbourhood:
    """A place of its own, beside the real ones."""
    number = next(numbers)
    with acting("system:test", "made for a test"):
        areas = [
            Area.objects.create(kind=kind, code=f"E{prefix}9{number:05d}", name=f"{kind.label} {number}")
            for kind, prefix in ((AreaKind.NEIGHBOURHOOD, "05"), (AreaKind.AUTHORITY, "07"), (AreaKind.REGION, "12"))
        ]
        return Neighbourhood.objects.create(
            code=areas[0].code,
            name=f"Place {number}",
            label=f"Place {number} (Council {number})",
            area=areas[0],
            authority_2017=areas[1],
            authority=areas[1],
            region=areas[2],
            population=9000,
            imd_score=40,
            imd_rank=1,
            most_deprived_pct=50,
            lsoa_count=6,
            is_code_live_2021=True,
            is_code_live_2024=True,
        )


def moves_in(user: User, *, with_: User, **changes: object) -> User:
    """`user`, who said nothing before, has shown that they live in one household with another."""
    home = Residence.objects.get(user=with_)
    shown = {"level": "shown", "placed_by": "people", "proved_by": "in_person", "shown_at": home.shown_at}
    shown |= {"person_hmac": f"of {user.pk}", "household_hmac": home.household_hmac} | changes
    with acting("system:test", "made for a test"):
        Residence.objects.create(user=user, neighbourhood=home.neighbourhood, **shown)
    return User.objects.get(pk=user.pk)


class Keys(KeysInMemory):
    """A beginning that is told once can hold them."""

    def __getstate__(self) -> dict[tuple[uuid.UUID, int], bytes]:
        return {which: private_bytes(key) for which, key in self.keys.items()}

    def __setstate__(self, state: dict[tuple[uuid.UUID, int], bytes]) -> None:
        self.keys = {which: load_der_private_key(key, None) for which, key in state.items()}


class World:
    """A place with a lawful panel of eight, money to decide, an officer, and shown residents."""

    def __init__(self, *, members: int = MEMBERS, residents: int = 6, budget_pence: int = 100_000_00) -> None:
        self.keys = Keys()
        self.officer = person(Role.GRANTS_OFFICER)
        self.place = place()
        self.panel: Panel = create_panel(by=self.officer, neighbourhood=self.place)
        self.members = [person(Role.PANEL_MEMBER) for _ in range(members)]
        for number, member in enumerate(self.members):
            seat = Seat(is_resident=number < 6, is_chair=number == 0)
            add_member(by=self.officer, panel=self.panel, user=member, seat=seat)
        notify_envelope(by=self.officer, neighbourhood=self.place, amount_pence=ROUNDS * budget_pence, version=1)
        self.residents = self.more_residents(residents)
        self.keepers = [self.members[1], self.officer, person(name="Librarian")]
        self.budget_pence = budget_pence
        self.told: Round | None = None
        self.signing_key = b""  # the portal's, where it has signed something

    def list_place(self) -> None:
        """Puts the place on the latest target list, so that pages offer it."""
        latest = TargetList.objects.order_by("-year").first()
        if latest is None:
            latest = TargetList.objects.create(year=2020, name="List", source="Test")
        TargetListEntry.objects.get_or_create(target_list=latest, neighbourhood=self.place)

    @property
    def chair(self) -> User:
        return self.members[0]

    def more_residents(self, count: int) -> list[User]:
        """People who live here and have shown it; fresh objects, as a new request would load them."""
        people = [
            SamplePerson(f"r{number}@sample.example", f"Resident {number}", date(1980, 1, 1), f"{number} High Street")
            for number in itertools.islice(numbers, count)
        ]
        made = create_sample_residents(
            by="system:test", neighbourhood=self.place, people=people, vouchers=(self.members[0], self.members[1])
        )
        return list(User.objects.filter(pk__in=[user.pk for user in made]).order_by("pk"))

    def round_for_ideas(self, rule: Rule = Rule.GREEDY, most_choices: int = 2, **ballot: object) -> Round:
        """A round that is collecting ideas now, voting in days 3 to 10; `ballot` is its kind and its points."""
        at = core_now()
        plan = RoundPlan(
            title=f"Vote {next(numbers)}",
            budget_pence=0 if rule is Rule.PRIORITY else self.budget_pence,
            ideas_open_at=at - DAY,
            ideas_close_at=at + DAY,
            voting_opens_at=at + 3 * DAY,
            voting_closes_at=at + 10 * DAY,
            most_choices=most_choices,
            rule=rule,
            **ballot,
        )
        return create_round(by=self.chair, panel=self.panel, plan=plan)

    def idea(self, round: Round, title: str, by: User | None = None) -> Proposal:
        idea = Idea(title=title, what=f"{title} for everybody.", kind="meet", submission=uuid.uuid4())
        return submit_proposal(by=by or self.residents[0], round=round, idea=idea)

    def shaped_round(self, **options: object) -> Round:
        """Three accepted projects, three keepers, ideas closed; the next step is to freeze."""
        round = self.round_for_ideas(**options)
        for title, capital, yearly in PROJECTS:
            costs = Costs(0, 0) if round.is_poll else Costs(capital_pence=capital, yearly_pence=yearly)
            assess_proposal(by=self.chair, proposal=self.idea(round, title), costs=costs, reason="It can be done.")
        self.keep(round)
        advance_clock(by=2 * DAY)
        return round

    def keep(self, round: Round) -> None:
        """Three keepers from three bodies, with keys in memory."""
        create_sample_keepers(by=self.chair, round=round, users=self.keepers, public_keys=self.keys.create(round.code))

    def open_round(self, **options: object) -> Round:
        """Frozen, voting open, every resident on the list."""
        round = freeze_round(by=self.chair, round=self.shaped_round(**options))
        advance_clock(to=round.voting_opens_at)
        return round

    def box(self, **options: object) -> Round:
        """Five of six residents voted, one of them twice; closed a minute ago."""
        round = self.open_round(**options)
        for voter, choices in zip(self.residents, VOTES, strict=False):
            cast_ballot(by=voter, round=round, choices=choices, seen_version=0)
        cast_ballot(by=self.residents[1], round=round, choices=["2"], seen_version=1)
        self.close(round)
        return Round.objects.in_full().get(pk=round.pk)

    def close(self, round: Round) -> None:
        """To the minute in which the box may be opened."""
        advance_clock(to=round.voting_closes_at + timedelta(seconds=60))


def tell_result() -> World:
    """A round whose result was published so long ago that nobody can object any more: six for the second and third."""
    world = tell_voting()
    round = world.told
    for voter in world.residents:
        cast_ballot(by=voter, round=round, choices=["2", "3"], seen_version=0)
    world.close(round)
    open_box(by=world.chair, round=round, keys=world.keys)
    publish_result(by=world.chair, round=round)
    advance_clock(by=CHALLENGE_WINDOW)
    world.told = Round.objects.in_full().get(pk=round.pk)
    return world


def tell_shaped(residents: int = 6, **options: object) -> World:
    """A round that can be frozen now."""
    world = World(residents=residents)
    world.told = world.shaped_round(**options)
    return world


def tell_voting(residents: int = 6, **options: object) -> World:
    """A round in which the residents can vote now."""
    world = World(residents=residents)
    world.told = world.open_round(**options)
    return with_its_key(world)


def tell_box(**options: object) -> World:
    """A round in which they voted."""
    world = World()
    world.told = world.box(**options)
    return with_its_key(world)


def with_its_key(world: World) -> World:
    """To be told once: the key with which the portal signed goes with it."""
    world.signing_key = (settings.KEYS_DIR / PORTAL_KEY_FILE).read_bytes()
    return world


def taken_up(world: World) -> World:
    """A beginning that was told in an earlier test: the portal of this one has the key with which it was signed."""
    if world.signing_key:
        settings.KEYS_DIR.mkdir(exist_ok=True)
        (settings.KEYS_DIR / PORTAL_KEY_FILE).write_bytes(world.signing_key)
    return world
