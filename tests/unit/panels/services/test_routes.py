"""A letter, a card or a document: any one is enough, and one may fail without blocking the rest."""

import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import advance_clock, core_now
from cwf_portal.core.errors import NotAllowedError
from cwf_portal.core.permissions import Role
from panels.errors import ResidenceError
from panels.models import AddressLetter, CardBatch, DocumentCheck, Residence, VerificationCard
from panels.services import (
    CardOrder,
    ask_for_letter,
    cards_to_print,
    check_document,
    declare_residence,
    enrol,
    enter_code,
    judge_place,
    letters_to_print,
    make_cards,
    post_letters,
    release_cards,
)
from panels.services.codes import WRONG
from tests.unit.panels.builders import World, person
from tests.unit.panels.services.test_places import KNOWN, UNKNOWN, give_postcode
from tests.unit.panels.services.test_residence import details

pytestmark = pytest.mark.django_db
ADDRESS = "1 New Road"


@pytest.fixture
def home(world: World) -> Residence:
    give_postcode(world)
    return declare_residence(by=person(), details=details(postcode=KNOWN))


def order(**changes: object) -> CardOrder:
    fields = {"event": "Fair", "count": 3, "expires_at": core_now() + timedelta(days=7), "submission": uuid.uuid4()}
    return CardOrder(**fields | changes)


def posted_code(world: World, home: Residence) -> str:
    ask_for_letter(by=home.user, address=ADDRESS)
    letter = next(one for one in letters_to_print(by=world.officer) if one.name == home.user.full_name)
    post_letters(by=world.officer, letters=[letter.pk])
    return letter.code


def card_codes(world: World, **changes: object) -> list[str]:
    batch = make_cards(by=world.officer, neighbourhood=world.place, order=order(**changes))
    codes = [code for _, code in cards_to_print(by=world.officer, batch=batch)]
    release_cards(by=world.members[0], batch=batch)
    return codes


def fresh(home: Residence) -> Residence:
    return Residence.objects.get(pk=home.pk)


def test_letter_shows_where_somebody_lives(world, home):
    code = posted_code(world, home)
    assert enter_code(by=home.user, typed=code.lower().replace("-", " ")).level == "shown"
    assert fresh(home).proved_by == "post"
    assert enter_code(by=home.user, typed="anything").level == "shown"


def test_letter_is_the_same_until_it_is_posted_and_forgotten_then(world, home):
    first = ask_for_letter(by=home.user, address="1, NEW road")
    assert ask_for_letter(by=home.user, address=ADDRESS) == first
    printed = letters_to_print(by=world.officer)
    assert letters_to_print(by=world.officer) == printed
    assert printed[0].address == "1, NEW road"
    assert ADDRESS.encode() not in bytes(first.address)
    assert post_letters(by=world.officer, letters=[first.pk]) == 1
    assert post_letters(by=world.officer, letters=[first.pk]) == 0
    kept = AddressLetter.objects.get()
    assert (kept.address, kept.salt) == (None, None)
    assert printed[0].code not in {str(value) for value in vars(kept).values()}
    assert letters_to_print(by=world.officer) == []


def test_address_is_in_no_history(world, home):
    posted_code(world, home)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM panels_addressletterevent")
        names = {column.name for column in cursor.description}
    assert names.isdisjoint({"address", "salt", "code_hash"})


def test_letter_to_another_address_is_refused(home):
    with pytest.raises(ResidenceError, match="not the address you told us"):
        ask_for_letter(by=home.user, address="2 New Road")


def test_a_fourth_letter_is_refused(world, home):
    codes = [posted_code(world, home) for _ in range(3)]
    with pytest.raises(ResidenceError, match="3 letters already"):
        ask_for_letter(by=home.user, address=ADDRESS)
    assert len(set(codes)) == 3
    assert enter_code(by=home.user, typed=codes[0]).level == "shown"


def test_code_runs_out(world, home):
    code = posted_code(world, home)
    advance_clock(by=timedelta(days=29))
    with pytest.raises(ResidenceError, match=WRONG):
        enter_code(by=home.user, typed=code)


def test_five_wrong_codes_are_enough_and_a_new_letter_begins_anew(world, home):
    code = posted_code(world, home)
    for typed in ("AAAA-AAAA", "no code", "", "AAAA-AAAB", "!"):
        with pytest.raises(ResidenceError, match=WRONG):
            enter_code(by=home.user, typed=typed)
    with pytest.raises(ResidenceError, match="5 wrong codes"):
        enter_code(by=home.user, typed=code)
    assert fresh(home).level == "declared"
    again = posted_code(world, home)
    assert enter_code(by=home.user, typed=again).level == "shown"


def test_code_of_somebody_else_shows_nothing(world, home):
    other = declare_residence(by=person(), details=details(full_name="Bo Other", postcode=KNOWN))
    with pytest.raises(ResidenceError, match=WRONG):
        enter_code(by=other.user, typed=posted_code(world, home))


def test_officers_do_not_print_their_own_letter(world):
    give_postcode(world)
    officer = person(Role.GRANTS_OFFICER)
    declare_residence(by=officer, details=details(postcode=KNOWN))
    letter = ask_for_letter(by=officer, address=ADDRESS)
    assert letters_to_print(by=officer) == []
    assert post_letters(by=officer, letters=[letter.pk]) == 0
    assert len(letters_to_print(by=world.officer)) == 1


def test_letters_are_for_officers(world, home):
    for act in (letters_to_print, lambda by: post_letters(by=by, letters=[1])):
        with pytest.raises(NotAllowedError):
            act(by=world.members[0])


def test_card_is_used_once(world, home):
    codes = card_codes(world)
    assert len(set(codes)) == 3
    assert enter_code(by=home.user, typed=codes[0]).proved_by == "card"
    other = declare_residence(by=person(), details=details(full_name="Bo Other", postcode=KNOWN))
    with pytest.raises(ResidenceError, match=WRONG):
        enter_code(by=other.user, typed=codes[0])
    assert enter_code(by=other.user, typed=codes[1]).level == "shown"


def test_card_works_only_once_a_second_person_took_it_over(world, home):
    asked = order()
    batch = make_cards(by=world.officer, neighbourhood=world.place, order=asked)
    assert make_cards(by=world.officer, neighbourhood=world.place, order=asked) == batch
    codes = [code for _, code in cards_to_print(by=world.officer, batch=batch)]
    with pytest.raises(ResidenceError, match=WRONG):
        enter_code(by=home.user, typed=codes[0])
    with pytest.raises(NotAllowedError, match="You made these cards"):
        release_cards(by=world.officer, batch=batch)
    with pytest.raises(NotAllowedError):
        release_cards(by=World().members[0], batch=batch)
    released = release_cards(by=world.members[0], batch=batch)
    assert release_cards(by=world.members[1], batch=batch).released_by == world.members[0]
    assert cards_to_print(by=world.officer, batch=released) == []
    assert enter_code(by=home.user, typed=codes[0]).level == "shown"


def test_card_of_another_place_or_after_its_last_day_is_no_good(world, home):
    with pytest.raises(ResidenceError, match=WRONG):
        enter_code(by=home.user, typed=card_codes(World())[0])
    codes = card_codes(world)
    advance_clock(by=timedelta(days=8))
    with pytest.raises(ResidenceError, match=WRONG):
        enter_code(by=home.user, typed=codes[0])


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"event": " "}, "The event has no name"),
        ({"count": 0}, "between 1 and 200"),
        ({"count": 201}, "between 1 and 200"),
        ({"expires_at": None}, "has passed"),
    ],
)
def test_cards_are_refused_with_a_sentence(world, changes, sentence):
    if "expires_at" in changes:
        changes = {"expires_at": core_now() - timedelta(days=1)}
    with pytest.raises(ResidenceError, match=sentence):
        make_cards(by=world.officer, neighbourhood=world.place, order=order(**changes))


def test_document_shows_it_and_only_the_outcome_is_kept(world, home):
    kinds = DocumentCheck.Kind
    check_document(by=world.officer, residence=home, kind=kinds.BILL, is_enough=False)
    assert fresh(home).level == "declared"
    check_document(by=world.officer, residence=home, kind=kinds.TENANCY, is_enough=True)
    assert (fresh(home).level, fresh(home).proved_by) == ("shown", "document")


def test_second_look_at_the_same_kind_is_noted_and_a_yes_shows_it(world, home):
    kind = DocumentCheck.Kind.BILL
    first = check_document(by=world.officer, residence=home, kind=kind, is_enough=False)
    assert check_document(by=world.officer, residence=home, kind=kind, is_enough=False) == first
    assert check_document(by=world.officer, residence=home, kind=kind, is_enough=True).is_enough
    check_document(by=world.officer, residence=home, kind=kind, is_enough=True)
    assert (fresh(home).level, fresh(home).proved_by, DocumentCheck.objects.count()) == ("shown", "document", 2)


@pytest.mark.parametrize("who", ["member", "oneself", "household"])
def test_document_is_looked_at_by_another_officer(world, home, who):
    judge = world.members[0] if who == "member" else world.officer
    if who == "oneself":
        home = declare_residence(by=judge, neighbourhood=world.place, details=details(full_name="Bo Officer"))
    if who == "household":
        declare_residence(by=judge, neighbourhood=world.place, details=details(full_name="Bo Officer"))
    with pytest.raises(NotAllowedError):
        check_document(by=judge, residence=home, kind=DocumentCheck.Kind.BILL, is_enough=True)


def test_proof_waits_for_the_place_and_the_place_for_the_proof(world):
    home = declare_residence(by=person(), neighbourhood=world.place, details=details(postcode=UNKNOWN))
    check_document(by=world.officer, residence=home, kind=DocumentCheck.Kind.BILL, is_enough=True)
    assert (fresh(home).level, fresh(home).proved_by) == ("declared", "document")
    for judge in world.members[:2]:
        judge_place(by=judge, question=home.place_question, neighbourhood=world.place, reason="I know it.")
    assert fresh(home).level == "shown"


def test_letter_that_waits_is_torn_up_once_another_way_worked(world, home):
    ask_for_letter(by=home.user, address=ADDRESS)
    check_document(by=world.officer, residence=home, kind=DocumentCheck.Kind.BILL, is_enough=True)
    assert not AddressLetter.objects.exists()
    with pytest.raises(ResidenceError, match="shown where you live already"):
        ask_for_letter(by=home.user, address=ADDRESS)


def test_who_said_nothing_gets_no_letter():
    with pytest.raises(ResidenceError, match="not told us where you live"):
        ask_for_letter(by=person(), address=ADDRESS)


def test_small_pot_is_for_all_who_say_that_they_live_here(world, home):
    small, large = world.round_for_ideas(), World().round_for_ideas()
    small.budget_pence = 10_000_00
    assert (small.needs_shown, large.needs_shown) == (False, True)
    with acting("system:test", "made it small"):
        small.save()
    assert not enrol(by=home.user, round=small).is_pending
    assert enrol(by=home.user, round=world.round_for_ideas()).is_pending


BROKEN = [
    (AddressLetter, {"address": b"1 New Road"}, "forgets_when_posted"),
    (AddressLetter, {"expires_at": None}, "forgets_when_posted"),
    (CardBatch, {"salt": b"salt"}, "forgets_when_released"),
    (CardBatch, {"count": 201}, "size"),
    (CardBatch, {"released_by": "officer"}, "by_two"),
    (VerificationCard, {"used_at": "now"}, "used_pair"),
    (VerificationCard, {"number": 2}, "number"),
    (Residence, {"wrong_codes": 6}, "limited_tries"),
    (Residence, {"proved_by": "hearsay"}, "proved_by_known"),
    (Residence, {"level": "shown", "shown_at": "now"}, "shown_by_something"),
]


@pytest.mark.parametrize(("model", "values", "rule"), BROKEN)
def test_row_that_breaks_a_rule_is_refused(world, home, model, values, rule):
    posted_code(world, home)
    card_codes(world)
    words = {"now": core_now(), "officer": world.officer}
    row = model.objects.filter(pk=home.pk).first() if model is Residence else model.objects.order_by("pk").first()
    for name, value in values.items():
        setattr(row, name, words.get(value, value) if isinstance(value, str) else value)
    name = f"panels_{model._meta.model_name}_{rule}"
    with pytest.raises(IntegrityError, match=name), transaction.atomic(), acting("system:test", "by hand"):
        row.save()


def test_second_letter_beside_a_waiting_one_is_refused_by_the_database(home):
    letter = ask_for_letter(by=home.user, address=ADDRESS)
    with pytest.raises(IntegrityError, match="one_waiting"), transaction.atomic(), acting("system:test", "by hand"):
        AddressLetter.objects.create(residence=home, address=letter.address, salt=letter.salt, code_hash="other")
