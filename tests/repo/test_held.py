"""Whatever is kept about a person is told to them: each key to an account is either shown or is of somebody's work."""

import pytest
from django.apps import apps

from cwf_portal.core.held import LOOKUP, everything_held
from cwf_portal.core.models import User

# Columns that name who did something as their work, in the record of that work. Add here only such ones.
WORK = {
    "core.OutgoingMessage": {"kept_from"},
    "core.RoleGrant": {"confirmed_by", "requested_by", "revoked_by"},
    "core.SecondStepReset": {"confirmed_by", "refused_by", "requested_by"},
    "grants.Agreement": {"accepted_by"},
    "grants.Approval": {"by"},
    "grants.AuthorityChange": {"confirmed_by", "requested_by", "withdrawn_by"},
    "grants.BankAccount": {"decided_by", "proposed_by"},
    "grants.Clawback": {"decided_by", "proposed_by"},
    "grants.Cohort": {"allocated_by", "proposed_by"},
    "grants.Correction": {"asked_by", "decided_by"},
    "grants.Delegation": {"confirmed_by", "ended_by"},
    "grants.DoubtSettlement": {"decided_by", "proposed_by"},
    "grants.FundDecision": {"confirmed_by", "proposed_by", "withdrawn_by"},
    "grants.FundOrder": {"confirmed_by", "proposed_by", "withdrawn_by"},
    "grants.Hold": {"lifted_by", "placed_by"},
    "grants.Holding": {"opened_by"},
    "grants.Journal": {"actor", "approver"},
    "grants.LedgerExport": {"exported_by"},
    "grants.LimitChange": {"confirmed_by", "proposed_by", "withdrawn_by"},
    "grants.LineClearing": {"decided_by", "proposed_by"},
    "grants.MonthClose": {"asked_by", "closed_by"},
    "grants.PassedOver": {"decided_by", "proposed_by"},
    "grants.Pause": {"lift_asked_by", "lifted_by", "placed_by"},
    "grants.PaymentRun": {"checked_by", "co_released_by", "released_by", "stopped_by", "withdrawn_by"},
    "grants.Removal": {"decided_by", "proposed_by"},
    "grants.Report": {"accepted_by", "submitted_by"},
    "grants.RetryRequest": {"confirmed_by", "refused_by", "requested_by"},
    "grants.Review": {"confirmed_by", "proposed_by"},
    "grants.SavedScenario": {"saved_by"},
    "grants.SpendingPolicy": {"confirmed_by", "proposed_by", "withdrawn_by"},
    "grants.UnspentDecision": {"decided_by", "proposed_by"},
    "grants.Valuation": {"confirmed_by", "proposed_by", "withdrawn_by"},
    "grants.Variation": {"decided_by", "proposed_by"},
    "grants.Wave": {"announced_by"},
    "grants.WriteOff": {"decided_by", "proposed_by"},
    "neighbourhoods.ConstituencyAccess": {"confirmed_by", "requested_by"},
    "neighbourhoods.SensitivePeriod": {"declared_by", "taken_back_by"},
    "panels.AddressLetter": {"posted_by"},
    "panels.Annulment": {"annulled_by"},
    "panels.AnnulmentCall": {"called_by"},
    "panels.BoxOpening": {"opened_by"},
    "panels.BurstReview": {"reviewer"},
    "panels.CardBatch": {"made_by", "released_by"},
    "panels.Certification": {"asked_by", "certified_by"},
    "panels.Correction": {"asked_by", "first_by", "refused_by", "second_by"},
    "panels.DocumentCheck": {"officer"},
    "panels.HelpIntention": {"helper"},
    "panels.HelpedVote": {"helper"},
    "panels.IdeaExclusion": {"said_by"},
    "panels.IdeaStep": {"taken_by"},
    "panels.IdeaWords": {"read_by", "written_by"},
    "panels.Keeper": {"appointed_by", "lost_agreed_by", "lost_reported_by"},
    "panels.KeyedPaper": {"keyer"},
    "panels.MatchVerdict": {"judge"},
    "panels.ModerationCase": {"answered_by", "decided_by"},
    "panels.ObjectionAnswer": {"judge"},
    "panels.OpeningSet": {"named_by"},
    "panels.PaperBatch": {"confirmed_by", "counted_by", "first_keyer", "opened_by", "second_keyer"},
    "panels.PaperEnvelope": {"issued_by", "made_by", "restored_by", "spoilt_by", "taken_by"},
    "panels.PlaceVerdict": {"judge"},
    "panels.ProjectNews": {"told_by"},
    "panels.Proposal": {"assessed_by"},
    "panels.ResolutionVote": {"voted_by"},
    "panels.RollPrint": {"printed_by"},
    "panels.Round": {"frozen_by"},
    "panels.RoundResult": {"published_by"},
    "panels.TableEntry": {"entered_by"},
    "panels.Withholding": {"agreed_by", "asked_by"},
}
# Nobody's row by name of it: what a library keeps of a request in history, for which ours has a column.
ELSEWHERE = {"pghistory.MiddlewareEvents"}


def keys_to_people() -> set[tuple[str, str]]:
    return {
        (model._meta.label, field.name)
        for model in apps.get_models()
        if not hasattr(model, "pgh_tracked_model") and model._meta.label not in ELSEWHERE
        for field in model._meta.concrete_fields
        if field.is_relation and field.related_model is User
    }


def test_every_key_to_an_account_is_told_to_its_owner_or_is_work():
    told = {(held.model._meta.label, held.person) for held in everything_held() if LOOKUP not in held.person}
    work = {(label, name) for label, names in WORK.items() for name in names}
    keys = keys_to_people()
    assert sorted(keys - told - work) == []
    assert sorted(work - keys) == []
    assert sorted(work & told) == []


@pytest.mark.parametrize("held", everything_held(), ids=lambda held: held.title)
def test_what_is_told_holds_nothing_that_opens_a_door(held):
    """No fingerprint, no code, no secret, no sealed ballot, whatever it is called."""
    shut = ("hmac", "hash", "salt", "data", "sealed", "mark", "leaf", "session", "password", "code", "key", "body_")
    ends = {path.rpartition(".")[2] for path in held.columns.values()}
    assert [end for end in ends if any(word in end for word in shut) and end != "postcode"] == []


@pytest.mark.parametrize("held", everything_held(), ids=lambda held: held.title)
def test_every_column_that_is_told_exists(held):
    """A word with nothing behind it would be left out in silence."""
    for path in held.columns.values():
        reached = [held.model]
        for name in path.split("."):
            model = reached[-1]
            assert hasattr(model, name), f"{held.title}: {model.__name__} has no {name}"
            field = next((one for one in model._meta.get_fields() if one.name == name), None)
            reached.append(field.related_model if field is not None and field.is_relation else str)
