from grants.services.agreements import (
    accept_offer,
    complete_agreements,
    draft_agreement,
    lapse_offers,
    offer_agreement,
)
from grants.services.allocation import allocate_cohort, propose_cohort, withdraw_proposal
from grants.services.approvals import (
    approve_agreement,
    assure_agreement,
    recommend_agreement,
    send_back_agreement,
)
from grants.services.bodies import (
    add_contact,
    approve_bank_account,
    end_contact,
    propose_bank_account,
    refuse_bank_account,
    register_body,
    renew_checks,
)
from grants.services.decisions import confirm_decision, propose_return, propose_transfer, withdraw_decision
from grants.services.endowment import announce_wave, open_programme, post_wave_received
from grants.services.holds import lift_hold, place_hold
from grants.services.investments import confirm_valuation, open_holding, propose_valuation, withdraw_valuation
from grants.services.orders import (
    confirm_order,
    propose_interest,
    propose_purchase,
    propose_running_cost,
    propose_sale,
    settle_order,
    withdraw_order,
)
from grants.services.oversight import (
    accept_report,
    accept_reports,
    confirm_review,
    confirm_reviews,
    propose_review,
    propose_reviews,
    send_back_report,
    submit_report,
)
from grants.services.pauses import ask_to_lift, lift_pause, pause_payments
from grants.services.policy import confirm_policy, propose_policy, withdraw_policy
from grants.services.posting import Entry, post_journal, post_journals, reverse_journal
from grants.services.retries import confirm_retry, request_retry
from grants.services.runs import check_run, release_run, stop_run, withdraw_run
from grants.services.terms import ChosenTerms, choose_terms
from grants.services.unspent import confirm_unspent, propose_unspent, refuse_unspent
from grants.services.variations import Proposal, approve_variation, propose_variation, refuse_variation

__all__ = [
    "ChosenTerms",
    "Entry",
    "Proposal",
    "accept_offer",
    "accept_report",
    "accept_reports",
    "add_contact",
    "allocate_cohort",
    "announce_wave",
    "approve_agreement",
    "approve_bank_account",
    "approve_variation",
    "ask_to_lift",
    "assure_agreement",
    "check_run",
    "choose_terms",
    "complete_agreements",
    "confirm_decision",
    "confirm_order",
    "confirm_policy",
    "confirm_retry",
    "confirm_review",
    "confirm_reviews",
    "confirm_unspent",
    "confirm_valuation",
    "draft_agreement",
    "end_contact",
    "lapse_offers",
    "lift_hold",
    "lift_pause",
    "offer_agreement",
    "open_holding",
    "open_programme",
    "pause_payments",
    "place_hold",
    "post_journal",
    "post_journals",
    "post_wave_received",
    "propose_bank_account",
    "propose_cohort",
    "propose_interest",
    "propose_policy",
    "propose_purchase",
    "propose_return",
    "propose_review",
    "propose_variation",
    "propose_reviews",
    "propose_running_cost",
    "propose_sale",
    "propose_transfer",
    "propose_unspent",
    "propose_valuation",
    "recommend_agreement",
    "refuse_bank_account",
    "refuse_unspent",
    "refuse_variation",
    "register_body",
    "release_run",
    "renew_checks",
    "request_retry",
    "reverse_journal",
    "send_back_agreement",
    "send_back_report",
    "settle_order",
    "stop_run",
    "submit_report",
    "withdraw_decision",
    "withdraw_order",
    "withdraw_policy",
    "withdraw_proposal",
    "withdraw_run",
    "withdraw_valuation",
]
