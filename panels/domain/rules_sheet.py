"""The frozen rules of a round: everything voters were promised, as canonical JSON, signed by the portal."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from cwf_portal.core.said import Written
from panels.domain.ballot_paper import BallotRules, Kind
from panels.domain.canonical import canonical_json, digest
from panels.domain.disclosure import FULL_FROM, MOST_UNSHARED, SMALL, TOTALS_FROM
from panels.domain.log import verify
from panels.domain.people import USUAL_AGE
from panels.domain.sealing import Context, load_public
from panels.domain.tally import Method, Rule

FORMAT = "cwf-round-rules-v1"
DECLARED_UP_TO_PENCE = 10_000_00  # a pot as small as this needs no more than saying where one lives
TIES = ["more votes", "lower cost", "project id as text"]
# Where a project has none of these, rules stay byte for byte as they were without them.
UNWRITTEN = ("group", "least_pence", "in_languages")
FEWEST_PAPERS = 10  # opened together while voting is open
PAPER = {
    "one_vote": "One person has one vote, on this site or on paper. While a ballot of theirs is in the box on this "
    "site, their envelope is set aside unopened; if they withdraw it before voting closes, the envelope counts. "
    "Once an envelope counts, nobody can vote on this site in that person's name.",
    "late": "An envelope that comes after voting has closed stays unopened.",
    "opened": f"Envelopes are opened {FEWEST_PAPERS} or more at a time, or all that are left once voting has closed. "
    "Two people enter each paper, and neither sees what the other entered.",
}


@dataclass(frozen=True)
class FrozenProject:
    """A project as it stands on the ballot; the position in the list is its number on the ballot paper.

    Of the projects of one `group` at most one is paid for; it is empty, and not written, where a project stands alone.
    `least_pence` is the smallest part of the price with which it can start; 0, and not written, if that is all of it.
    `in_languages` holds `title` and `what` as voters read them in other languages, by code; empty, and not written,
    where nobody put them into one.
    """

    id: str
    title: str
    what: str
    capital_pence: int
    yearly_pence: int
    price_pence: int
    group: str = ""
    least_pence: int = 0
    in_languages: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def named(self) -> Written:
        """Its title, in every language it is in."""
        return written_in(self.title, self.in_languages, "title")

    @property
    def described(self) -> Written:
        """What it is, in every language it is in."""
        return written_in(self.what, self.in_languages, "what")


@dataclass(frozen=True)
class RulesInput:
    """What the rules are written from. Times are ISO 8601 in UTC; keys and seed hexadecimal."""

    round_id: str
    neighbourhood: str
    title: str
    budget_pence: int
    most_choices: int
    years_covered: int
    method: Method
    voting_opens_at: str
    voting_closes_at: str
    order_seed: str
    keepers: list[str]
    projects: list[FrozenProject]
    kind: Kind = Kind.APPROVAL
    points: int = 0
    most_points: int = 0
    minimum_age: int = USUAL_AGE
    gives_parts: bool = False


def written_in(english: str, languages: Mapping[str, Mapping[str, str]], part: str) -> Written:
    """`title` or `what` of a project with what it is in each language."""
    return Written(english, {code: words[part] for code, words in languages.items()})


def level_for(budget_pence: int) -> str:
    """How certain it must be where a voter lives: "declared" for polls and small pots, else "shown"."""
    return "declared" if budget_pence <= DECLARED_UP_TO_PENCE else "shown"


def write_rules(given: RulesInput) -> bytes:
    """Canonical JSON of the rules; its SHA-256 is what ballots are bound to."""
    method = given.method
    return canonical_json(
        {
            "format": FORMAT,
            "round": given.round_id,
            "title": given.title,
            "budget_pence": given.budget_pence,
            "currency": "GBP",
            "ballot": _ballot(given),
            "years_covered": given.years_covered,
            "counting": {
                "rule": method.rule.value,
                "utility": method.utility.value,
                "completion": method.completion.value,
                "add1_step": "a hundredth of a voter's share, rounded up to whole pounds",
                "at_least_votes": method.at_least,
                "ties": TIES,
                **({"part_funding": True} if given.gives_parts else {}),
                **({"most_winners": method.most_winners} if method.rule is Rule.PRIORITY else {}),
            },
            "who_may_vote": {
                "lives_in": given.neighbourhood,
                "level": level_for(given.budget_pence),
                "minimum_age": given.minimum_age,
            },
            "voting": {"opens_at": given.voting_opens_at, "closes_at": given.voting_closes_at},
            "publication": {
                "full_from": FULL_FROM,
                "most_unshared": str(MOST_UNSHARED),
                "totals_from": TOTALS_FROM,
                "masked_below": SMALL,
            },
            "paper": PAPER,
            "order_seed": given.order_seed,
            "keepers": given.keepers,
            "projects": [_listed(project) for project in given.projects],
        }
    )


def _listed(project: FrozenProject) -> dict[str, Any]:
    listed = asdict(project)
    return {key: value for key, value in listed.items() if value or key not in UNWRITTEN}


def _ballot(given: RulesInput) -> dict[str, Any]:
    ballot: dict[str, Any] = {"kind": given.kind.value, "most_choices": given.most_choices}
    if given.kind is Kind.POINTS:
        ballot |= {"points": given.points, "most_points": given.most_points}
    return ballot


@dataclass(frozen=True)
class RulesSheet:
    """Frozen rules, read back after their signature was checked."""

    raw: bytes

    @cached_property
    def content(self) -> dict[str, Any]:
        return dict(json.loads(self.raw))

    @cached_property
    def hash(self) -> bytes:
        return digest(self.raw)

    @cached_property
    def keepers(self) -> tuple[EllipticCurvePublicKey, ...]:
        return tuple(load_public(bytes.fromhex(key)) for key in self.content["keepers"])

    @cached_property
    def context(self) -> Context:
        return Context(bytes.fromhex(self.content["round"]), self.hash)

    @cached_property
    def projects(self) -> tuple[FrozenProject, ...]:
        """Those on the ballot, in their order."""
        return tuple(FrozenProject(**project) for project in self.content["projects"])

    @cached_property
    def project_ids(self) -> list[str]:
        return [project.id for project in self.projects]

    @cached_property
    def ballot(self) -> BallotRules:
        return BallotRules.from_rules(self.content)


@lru_cache(maxsize=256)
def read_rules(raw: bytes, signature: bytes, key: bytes) -> RulesSheet:
    """The rules, once it is certain that the holder of `key` (32 bytes, public) signed exactly these.

    Raises:
        ValueError: the signature does not fit, so somebody changed the rules or the keepers' keys.
    """
    verify(Ed25519PublicKey.from_public_bytes(key), raw, signature)
    return RulesSheet(raw)


def draw_order(seed: str, voter: int, count: int) -> list[int]:
    """The order in which this voter sees the projects: random-looking, the same each time, open to recomputation."""

    def key(place: int) -> bytes:
        return digest(f"{seed}:{voter}:{place}".encode())

    return sorted(range(count), key=key)


def add1_step_pence(budget_pence: int, voters: int) -> int:
    """A hundredth of a voter's share, rounded up to whole pounds, in pence."""
    return 100 * max(1, -(-budget_pence // (max(1, voters) * 100 * 100)))
