from panels.services.annulling import call_for_annulment, is_to_annul
from panels.services.asked_again import tell_birth_date
from panels.services.cards import CardOrder, cards_to_print, make_cards, release_cards
from panels.services.casting import (
    Receipt,
    cast_at_once,
    cast_ballot,
    cast_sealed_ballot,
    enrol,
    receipt_for,
    receipt_of,
    rules_sheet,
)
from panels.services.certifying import (
    attest_contents,
    certify_round,
    challenge_ends_at,
    export_of,
    keepers_to_open_again,
    unexplained_entries,
)
from panels.services.changing_home import change_residence, why_fixed
from panels.services.codes import check_document, enter_code
from panels.services.correcting import SeenOnPaper, ask_for_correction, judge_correction
from panels.services.decisions import close_resolution, move_resolution, vote_on_resolution
from panels.services.first_answers import answer_first_vote
from panels.services.first_votes import FirstVoter, vote_first
from panels.services.helping import NO_CONTACT, Contact, check_contact, check_may_help, has_email, help_to_vote
from panels.services.ideas_joining import join_ideas, part_idea
from panels.services.keepers import appoint_keeper, register_key, report_lost_key, still_have_key
from panels.services.key_ceremony import ShownKey, confirm_key, fingerprint_of, make_key
from panels.services.keying import compare_batch, count_batch, key_paper, open_batch, release_keyer
from panels.services.letters import PrintedLetter, ask_for_letter, letters_to_print, notices_to_print, post_letters
from panels.services.log import append_leaves, read_heads
from panels.services.objecting import answer_alike, answer_objection, object_to_result
from panels.services.opening import name_opening_set, open_box, run_opener
from panels.services.panels import (
    Seat,
    add_member,
    add_members,
    create_panel,
    end_membership,
    notify_envelope,
    notify_envelopes,
    register_organisation,
)
from panels.services.paper import (
    envelope_by_serial,
    issue_envelope,
    print_labels,
    receive_envelope,
    restore_envelope,
    spoil_envelope,
)
from panels.services.places import judge_place
from panels.services.projects import DeliveryReport, report_on_project
from panels.services.proposals import (
    Costs,
    Idea,
    assess_proposal,
    refuse_proposal,
    submit_proposal,
)
from panels.services.receipts import mail_receipt, text_receipt
from panels.services.residence import PersonDetails, declare_residence, vouch_for_residence
from panels.services.results import publish_result
from panels.services.roll_check import judge_match, may_check_roll, print_roll, review_bursts
from panels.services.rounds import RoundPlan, create_round, freeze_round, rules_in_preview
from panels.services.table import enter_at_table
from panels.services.withdrawing import withdraw_ballot
from panels.services.withholding import agree_to_withhold, ask_to_withhold, refuse_to_withhold

__all__ = [
    "agree_to_withhold",
    "answer_alike",
    "ask_to_withhold",
    "refuse_to_withhold",
    "ask_for_correction",
    "judge_correction",
    "has_email",
    "help_to_vote",
    "join_ideas",
    "part_idea",
    "compare_batch",
    "count_batch",
    "key_paper",
    "open_batch",
    "envelope_by_serial",
    "issue_envelope",
    "print_labels",
    "receive_envelope",
    "restore_envelope",
    "spoil_envelope",
    "withdraw_ballot",
    "judge_match",
    "may_check_roll",
    "print_roll",
    "review_bursts",
    "rules_in_preview",
    "FirstVoter",
    "vote_first",
    "CardOrder",
    "Contact",
    "NO_CONTACT",
    "PrintedLetter",
    "answer_first_vote",
    "ask_for_letter",
    "cards_to_print",
    "check_contact",
    "check_may_help",
    "check_document",
    "enter_code",
    "letters_to_print",
    "notices_to_print",
    "make_cards",
    "post_letters",
    "release_cards",
    "release_keyer",
    "Costs",
    "DeliveryReport",
    "Idea",
    "PersonDetails",
    "Receipt",
    "RoundPlan",
    "Seat",
    "SeenOnPaper",
    "ShownKey",
    "add_member",
    "add_members",
    "change_residence",
    "why_fixed",
    "append_leaves",
    "read_heads",
    "appoint_keeper",
    "assess_proposal",
    "attest_contents",
    "cast_at_once",
    "cast_ballot",
    "cast_sealed_ballot",
    "certify_round",
    "challenge_ends_at",
    "close_resolution",
    "confirm_key",
    "create_panel",
    "create_round",
    "declare_residence",
    "end_membership",
    "enrol",
    "export_of",
    "fingerprint_of",
    "freeze_round",
    "judge_place",
    "mail_receipt",
    "text_receipt",
    "make_key",
    "move_resolution",
    "name_opening_set",
    "notify_envelope",
    "notify_envelopes",
    "enter_at_table",
    "answer_objection",
    "call_for_annulment",
    "is_to_annul",
    "object_to_result",
    "keepers_to_open_again",
    "open_box",
    "publish_result",
    "receipt_for",
    "receipt_of",
    "refuse_proposal",
    "register_key",
    "register_organisation",
    "report_lost_key",
    "still_have_key",
    "report_on_project",
    "rules_sheet",
    "run_opener",
    "submit_proposal",
    "tell_birth_date",
    "unexplained_entries",
    "vote_on_resolution",
    "vouch_for_residence",
]
