"""The end of a vote: its two keepers open the box once more with their own tool, and two people certify it."""

import importlib.util
from types import ModuleType

from django.conf import settings

from cwf_portal.core.models import User
from panels.keys import SheetsInFolder
from panels.models import Keeper, Round
from panels.services import attest_contents, certify_round, export_of, keepers_to_open_again

TOOL = "static/tools/keeper_tool.py"


def certify(round: Round, *, by: tuple[User, User]) -> None:
    """Each keeper says what they found off the portal; the first of the two asks, the second certifies."""
    for keeper in keepers_to_open_again(round):
        attest_contents(by=keeper.user, round=round, digest=_found_by(keeper))
    for person in by:
        certify_round(by=person, round=round)


def _found_by(keeper: Keeper) -> str:
    """The fingerprint that the one-file tool gives of a copy of the box and the sheets of the two who opened it."""
    tool, round = _tool(), keeper.round
    sheets, numbers = SheetsInFolder(), map(int, round.opening.keepers.split(","))
    secrets = {number: tool.read_sheet(sheets.sheet(round.code, number).splitlines()) for number in numbers}
    *_, digest = tool.open_export(export_of(by=keeper.user, round=round), secrets)
    return str(digest)


def _tool() -> ModuleType:
    """The file that keepers download, as it is."""
    spec = importlib.util.spec_from_file_location("keeper_tool", settings.BASE_DIR / TOOL)
    if spec is None or spec.loader is None:
        raise RuntimeError(f"{TOOL} is missing.")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    return tool
