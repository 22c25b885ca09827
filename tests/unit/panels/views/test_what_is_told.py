"""What can be read about a vote: two votes that may be told alike are told alike, on every page and in every file.

The domain's tests go through all small votes (`test_telling`); here two that differ in nothing but what is kept back
are run from the ballots to the decision, and whatever the public, a voter, the panel and an officer read is compared.
"""

import re

import pytest
from django.db import transaction
from django.test import Client

from cwf_portal.core.clock import advance_clock
from cwf_portal.core.models import OutgoingMessage
from panels.domain.deciding import Vote
from panels.domain.tally import Rule
from panels.domain.verifier.checking import verify
from panels.domain.verifier.reading import unpack
from panels.models import Project, Resolution, Round
from panels.models.round import CHALLENGE_WINDOW
from panels.services import cast_ballot, close_resolution, open_box, publish_result
from tests.unit.panels.builders import World
from tests.unit.panels.services.test_decisions import move, vote
from tests.unit.panels.views.test_voting import signed_in, text_of

pytestmark = pytest.mark.django_db

HUB, HALL, GARDEN = "1", "2", "3"  # £90,000, £40,000 and £12,000; there is £100,000
ALIKE = {
    # The hub comes before the hall or after it, and there is less or more left when its turn comes.
    "totals": (
        [[GARDEN]] * 23 + [[GARDEN, HALL]] * 3 + [[GARDEN, HUB]] + [[HALL]] * 2 + [[HUB]],
        [[GARDEN]] * 23 + [[GARDEN, HUB]] * 2 + [[HUB]] * 3 + [[HALL]] * 2,
    ),
    # Among these are one where nobody, and one where everybody chose the hall.
    "winners": ([[GARDEN]] * 5 + [[HALL]], [[GARDEN, HALL]] * 6),
}


def scrubbed(text: str) -> str:
    """Without what is drawn, numbered or dated anew each time: fingerprints, tokens, decisions, times."""
    text = re.sub(r"(/decisions/|decision:|option value=\")\d+", r"\1", text)
    text = re.sub(r"csrfmiddlewaretoken.{0,120}", "", text)
    text = re.sub(r"[0-9a-f]{16,}|[A-Za-z0-9+/]{40,}=*", "#", text)
    return re.sub(r"\d\d:\d\d:\d\d[.\d]*(\+00:00|Z)?|\d+:\d\d[ap]m|T\d{6}Z", "@", text)


def surfaces(world: World, round: Round, resolution: Resolution) -> dict[str, str]:
    """Everything that somebody can read about the vote, by where and as whom."""
    projects = Project.objects.filter(round=round).values_list("pk", flat=True)
    of_round = ("", "result/", "result/poster/", "result.csv", "result.pb", "ballots/", "objections/", "vote/")
    public = [
        *(f"/rounds/{round.pk}/{page}" for page in of_round),
        *(f"/api/v1/rounds/{page}" for page in ("", f"{round.pk}/")),
        *(f"/projects/{project}/" for project in projects),
        *(f"/places/{world.place.code}/{page}" for page in ("", "summary/", "dates.ics")),
        *("/", "/places/", f"/panels/{world.panel.pk}/", "/panels/", f"/decisions/{resolution.pk}/"),
        f"/api/v1/neighbourhoods/{world.place.code}/figures/",
    ]
    own = [
        "/home/",
        *(f"/rounds/{round.pk}/{page}/" for page in ("result", "vote", "manage", "certify", "decision/new")),
    ]
    chair, others = signed_in(world.chair), [signed_in(world.residents[0]), signed_in(world.officer)]
    asked = [(Client(), public), (chair, [*own, public[0]]), *((client, own) for client in others)]
    read = {
        scrubbed(f"{address} {number}"): scrubbed(f"{(got := client.get(address)).status_code} {text_of(got)}")
        for number, (client, addresses) in enumerate(asked)
        for address in addresses
    }
    bundle = Client().get(f"/rounds/{round.pk}/bundle.zip").content
    assert verify(bundle)
    files = {name: file.decode() for name, file in unpack(bundle).items() if name.endswith((".json", ".txt"))}
    told = {name: scrubbed(text) for name, text in files.items() if name != "manifest.json"}
    letters = OutgoingMessage.objects.exclude(topic__startswith="panels.receipt").order_by("to", "subject", "pk")
    return read | told | {"messages": scrubbed("\n".join(f"{one.to} {one.subject} {one.body}" for one in letters))}


def run(world: World, round: Round, choices: list[list[str]]) -> dict[str, str]:
    """Cast these, in turn, publish and decide; then everything is as it was before."""
    with transaction.atomic():
        for voter, choice in zip(world.residents, choices, strict=True):
            cast_ballot(by=voter, round=round, choices=choice, seen_version=0)
        world.close(round)
        open_box(by=world.chair, round=round, keys=world.keys)
        publish_result(by=world.chair, round=round)
        published = Round.objects.in_full().get(pk=round.pk)
        resolution = move(world, published)
        vote(world, resolution, *[Vote.FOR] * 5)
        advance_clock(by=CHALLENGE_WINDOW)
        close_resolution(by=world.chair, resolution=resolution)
        read = surfaces(world, published, resolution)
        transaction.set_rollback(True)
    return read


@pytest.mark.parametrize(
    ("level", "rule"), [("totals", Rule.GREEDY), ("totals", Rule.EQUAL_SHARES), ("winners", Rule.GREEDY)]
)
def test_votes_that_differ_in_nothing_that_may_be_told_read_the_same_everywhere(db, level, rule):
    one, other = ALIKE[level]
    world = World(residents=len(one))
    round = world.open_round(rule=rule)
    first, second = run(world, round, one), run(world, round, other)

    assert f'"disclosure":"{level}"' in first["result.json"]
    assert {where: (text, second[where]) for where, text in first.items() if text != second[where]} == {}


def test_the_comparison_would_see_a_vote_that_is_told(db):
    """Of what is told, each surface shows it: the comparison compares something."""
    world = World(residents=30)
    round = world.open_round()
    one, _ = ALIKE["totals"]
    first, second = run(world, round, one), run(world, round, [[HALL]] * 12 + one[:18])
    differ = " ".join(where for where in first if first[where] != second[where])

    for where in ("/result/ 0", "result.csv", "poster", "/api/v1/rounds/", "result.json"):
        assert where in differ
