"""From a panel's decision to a promise: checked, assured, approved by two, offered, accepted."""

from cwf_portal.operations.acts.bodies import Body
from cwf_portal.operations.acts.office import Office
from grants.domain.authority import Risk
from grants.models import Agreement, BankAccount
from grants.services.agreements import accept_offer, offer_agreement
from grants.services.approvals import approve_agreement, assure_agreement, recommend_agreement
from grants.services.bodies import approve_bank_account, propose_bank_account

SORT_CODE = "000200"  # of no bank
OFFICE_NUMBER = "01632 960000"  # a number that Ofcom keeps for stories


def propose_account(body: Body) -> BankAccount:
    """The treasurer says where the organisation is to be paid; each organisation has an account of its own."""
    return propose_bank_account(
        by=body.treasurer,
        body=body.accountable_body,
        account_name=body.accountable_body.organisation.name[:70],
        sort_code=SORT_CODE,
        account_number=f"{body.accountable_body.pk:08d}",
    )


def confirm_account(office: Office, account: BankAccount) -> None:
    """One finance manager calls back on a known number and confirms; the other stays free to release payments."""
    approve_bank_account(
        by=office.second_finance_manager,
        account=account,
        called_back_on_number=OFFICE_NUMBER,
        payee_check=BankAccount.PayeeCheck.MATCH,
    )


def approve_once(office: Office, agreement: Agreement) -> None:
    """Everything before the second approval; the director acts for the Board where the value lies above every limit."""
    recommend_agreement(by=office.grants_officer, agreement=agreement, risk=Risk.LOW, note="Checked against the plan.")
    assure_agreement(by=office.senior_officer, agreement=agreement, note="Costs and people seen.")
    approve_agreement(by=office.fund_director, agreement=agreement, minute_reference=f"Board {agreement.reference}")


def approve_again_and_offer(office: Office, agreement: Agreement) -> None:
    """The second approval comes from another team; the offer goes out."""
    approve_agreement(by=office.head_of_grants, agreement=agreement)
    offer_agreement(by=office.grants_officer, agreement=agreement)


def accept(body: Body, agreement: Agreement) -> None:
    """The signatory accepts; the term starts today."""
    accept_offer(by=body.signatory, agreement=agreement)
