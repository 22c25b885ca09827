"""What two people put right in a real browser, on a phone and by keyboard: details of a resident, a published text."""

from cwf_portal.core.models import User
from panels.models import Correction, Objection, ObjectionAnswer, Withholding
from tests.browser.panels.test_a_vote import open_vote, picture
from tests.browser.visitor import Visitor
from tests.unit.panels.builders import World
from tests.unit.panels.services.test_places import KNOWN, give_postcode

BORN = {"Day": "2", "Month": "1", "Year": "1979"}
PAPER_ADDRESS, HOW = "Address on the paper", "How do you know?"


def looks_at_the_paper(visitor: Visitor, judge: User, resident: str, name: str) -> None:
    """From home to a yes, by keyboard; the first time without what the paper says."""
    visitor.is_signed_in_as(judge)
    visitor.goes_to("/living-here/corrections/")
    picture(visitor, f"corrections-{name}")
    visitor.tabs_and_presses(resident)
    picture(visitor, f"correction-{name}")
    visitor.tabs_into("Yes, I have met the person and looked at it")
    visitor.page.keyboard.press("Space")
    visitor.tabs_and_types(**{HOW: "I saw her passport."})
    visitor.tabs_and_presses("Say what you found")
    visitor.sees("Enter the date of birth that the paper says", "Enter the address that the paper says")
    picture(visitor, f"correction-error-{name}")
    visitor.tabs_and_types(**BORN, **{PAPER_ADDRESS: "9 New Street"})
    visitor.tabs_and_presses("Say what you found")
    visitor.sees("Details are corrected once two people have said yes.")


def test_details_are_corrected_by_two_by_keyboard_on_a_phone(visitor: Visitor):
    """Birth date and address are asked of each of the two anew: what the first typed is shown to nobody."""
    world = World()
    give_postcode(world)
    resident = world.residents[2]
    visitor.is_signed_in_as(resident)
    visitor.goes_to("/living-here/")
    visitor.tabs_and_presses("My details are wrong, or I have moved")
    picture(visitor, "corrected")
    visitor.tabs_and_presses("Continue")
    visitor.sees("There is a problem")
    picture(visitor, "corrected-error")
    details = {"Postcode (optional)": KNOWN, "Your full name": "Res Ident"} | BORN
    details |= {"Your address": "9 New Street", "What is wrong, or has changed?": "My birth date was mistyped."}
    visitor.tabs_and_types(**details)
    visitor.tabs_and_presses("Continue")
    visitor.sees("Nothing changes until two people have looked at it.")

    looks_at_the_paper(visitor, world.members[2], resident.full_name, "first")
    assert Correction.objects.get().state == "open"
    visitor.sees("For others to look at", "You said yes.")
    looks_at_the_paper(visitor, world.officer, resident.full_name, "second")

    visitor.goes_to(f"/living-here/corrections/{Correction.objects.get().pk}/")
    visitor.sees("said yes, and the details were corrected", "There is nothing for you to do.")
    picture(visitor, "correction-stands")
    assert User.objects.get(pk=resident.pk).full_name == "Res Ident"


def test_a_text_is_withheld_by_both_sides_by_keyboard_on_a_phone(visitor: Visitor):
    world = World()
    round = open_vote(world)
    world.close(round)
    text = "Resident 12 told everybody at the library how she voted."
    objection = Objection.objects.create(round=round, objector=world.residents[1], text=text)
    page = f"/objections/{objection.pk}/withhold/"
    visitor.is_signed_in_as(world.chair)
    visitor.goes_to(page)
    picture(visitor, "withhold")
    visitor.tabs_and_presses("Ask the other side to agree")
    visitor.sees("There is a problem")
    picture(visitor, "withhold-error")
    visitor.tabs_into("It says something private about somebody")
    visitor.page.keyboard.press("Space")
    visitor.tabs_and_types(**{"What do you tell everybody?": "It says how somebody voted."})
    visitor.tabs_and_presses("Ask the other side to agree")
    visitor.sees("The text is withheld once the other side agrees.")
    visitor.goes_to(page)
    visitor.sees("It waits for somebody of the other side")
    picture(visitor, "withhold-waits")

    visitor.is_signed_in_as(world.officer)
    visitor.goes_to(page)
    visitor.sees(text, "Everybody would read in place of the text: It says how somebody voted.")
    picture(visitor, "withhold-agree")
    visitor.tabs_and_presses("Do not publish it")
    visitor.sees("The text is no longer published. The reason is.")
    assert Withholding.objects.get().agreed_by == world.officer
    visitor.goes_to(page)
    visitor.sees("It is not published.")
    picture(visitor, "withheld")
    for judge, side in ((world.chair, "panel"), (world.officer, "fund")):
        answer = {"is_right": False, "reason": "The count does not hang on it."}
        ObjectionAnswer.objects.create(objection=objection, judge=judge, side=side, **answer)
    visitor.page.context.clear_cookies()
    visitor.goes_to(f"/rounds/{round.pk}/objections/")
    visitor.sees("What it says is not published.", "The count does not hang on it.")
    visitor.does_not_see(text)
    picture(visitor, "withheld-for-all")
