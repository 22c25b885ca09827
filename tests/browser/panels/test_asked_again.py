"""A birth date that was never kept, told in a real browser."""

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from panels.models import Residence
from panels.services import declare_residence
from tests.browser.panels.test_a_vote import picture
from tests.browser.visitor import Visitor
from tests.unit.panels.builders import World, person
from tests.unit.panels.services.test_places import details

BORN = {"Day": "1", "Month": "2", "Year": "1990"}


def types_all(visitor: Visitor, fields: dict[str, str]) -> None:
    for label, text in fields.items():
        visitor.types(label, text)


def presses_by_keyboard(visitor: Visitor, name: str) -> None:
    visitor.tabs_to(name)
    visitor.page.keyboard.press("Enter")
    visitor.page.wait_for_load_state()


def test_a_birth_date_that_was_never_kept_is_told_on_a_phone(visitor: Visitor):
    world, resident = World(residents=1), person()
    home = declare_residence(by=resident, neighbourhood=world.place, details=details())
    with acting("system:test", "as it was before"):
        Residence.objects.filter(pk=home.pk).update(born_hmac="", of_age_on=core_now().date())
    visitor.is_signed_in_as(resident)
    visitor.goes_to("/living-here/")
    visitor.follows("Tell us when you were born")
    types_all(visitor, BORN | {"Your address": "2 Old Road"})
    visitor.presses("Continue")
    visitor.sees("This birth date or this address is not what you told us before.")
    picture(visitor, "born-error")
    types_all(visitor, {"Your address": details().address})
    presses_by_keyboard(visitor, "Continue")
    visitor.sees("We know now in which votes you are old enough.")
    assert Residence.objects.get(pk=home.pk).of_age_on is None
