"""What pages say of money asked back: to officers, and in the letter to the organisation."""

from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse

from cwf_portal.core.figures_text import day_text
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission
from cwf_portal.core.templatetags.cwf import pence
from grants.errors import in_pounds
from grants.models import Agreement, Clawback, Opinion, WriteOff
from grants.selectors.clawbacks import open_pence, received_pence, write_offs_proposed
from grants.selectors.deciders import decider

ASK_BACK = "Ask the money back"
OVER = {
    Clawback.Status.REFUSED: "Nothing: this was never asked back.",
    Clawback.Status.SETTLED: "Nothing more: the claim is settled.",
    Clawback.Status.REVOKED: "Nothing more: the claim is withdrawn. What had come stays with the place.",
    Clawback.Status.OVERTAKEN: "Nothing more: the payment itself came back. What had come stays with the place.",
}
COLOURS = {
    "proposed": "yellow",
    "raised": "red",
    "refused": "grey",
    "settled": "green",
    "revoked": "grey",
    "moot": "grey",
}
Row = tuple[str, object]


@dataclass(frozen=True)
class GivenUp:
    """How pages speak of a claim that is given up: because it will not come, or because it was asked in error."""

    done: str
    proposed: str
    why: str
    agree: str
    who: str
    address: str


GIVEN_UP = {
    WriteOff.Kind.LOST.value: GivenUp(
        done="Written off",
        proposed="Proposed to write off",
        why="Why it will not come",
        agree="Agree to write it off",
        who="Another officer, whose limit for writing off reaches that far,",
        address="grants:write-off-confirm",
    ),
    WriteOff.Kind.ERROR.value: GivenUp(
        done="Withdrawn",
        proposed="Proposed to withdraw",
        why="What was wrong",
        agree="Agree to withdraw it",
        who="The head of grants or a fund director, who neither proposed this nor raised the claim,",
        address="grants:withdrawal-confirm",
    ),
}


@dataclass(frozen=True)
class ClaimPage:
    """Everything on the page of a claim."""

    clawback: Clawback
    colour: str
    summary: list[Row]
    receipts: list[Row]
    next_sentence: str
    steps: list[tuple[str, str]]
    main_step: str


def claim_page(clawback: Clawback, user: User) -> ClaimPage:
    """Prepare the page for an officer. `clawback` comes from `claim_of`."""
    write_off = clawback.write_offs.exclude(status=Opinion.REFUSED).select_related("proposed_by", "decided_by").first()
    return ClaimPage(
        clawback=clawback,
        colour=COLOURS[clawback.status],
        summary=[*claim_rows(clawback), *_standing(clawback, write_off)],
        receipts=[(day_text(one.value_on), pence(one.amount_pence)) for one in clawback.receipts.all()],
        next_sentence=_next_sentence(clawback, write_off),
        steps=_steps(clawback, user, write_off),
        main_step=GIVEN_UP[write_off.kind].agree if write_off else ASK_BACK,
    )


def claim_rows(clawback: Clawback) -> list[Row]:
    """What a claim asks back, from whom, and who said so."""
    agreement = clawback.agreement
    rows: list[Row] = [
        ("Place", agreement.allocation.neighbourhood),
        ("Organisation", agreement.body),
        ("Ground", clawback.get_ground_display()),
        ("What happened", clawback.reason),
        ("Grant asked back", pence(clawback.amount_pence)),
        ("Contribution asked back with it", pence(clawback.contribution_pence)),
        *(
            (f"From: {part.source.name}", pence(part.amount_pence + part.contribution_pence))
            for part in clawback.funding.all()
        ),
        ("To be back by", day_text(clawback.pay_by_on)),
        ("Reference on the transfer", clawback.reference),
        ("Proposed by", clawback.proposed_by),
    ]
    if clawback.decided_by:
        rows.append(("Refused by" if clawback.refusal else "Raised by", clawback.decided_by))
    if clawback.refusal:
        rows.append(("Why not", clawback.refusal))
    return rows


def _standing(clawback: Clawback, write_off: WriteOff | None) -> list[Row]:
    if clawback.status in (Clawback.Status.PROPOSED, Clawback.Status.REFUSED):
        return []
    rows: list[Row] = [("Come back", pence(received_pence(clawback))), ("Still open", pence(open_pence(clawback)))]
    if write_off is not None:
        done, words = write_off.status == Opinion.CONFIRMED, GIVEN_UP[write_off.kind]
        rows.append((words.done if done else words.proposed, pence(write_off.amount_pence)))
        rows += [(words.why, write_off.reason), ("This was proposed by", write_off.proposed_by)]
        if write_off.decided_by:
            rows.append(("This was agreed by", write_off.decided_by))
    return rows


def _next_sentence(clawback: Clawback, write_off: WriteOff | None) -> str:
    """What happens next with a claim, and who does it."""
    if clawback.status == Clawback.Status.PROPOSED:
        by = "The head of grants or a fund director asks the money back, or refuses the claim"
        return f"Nothing is asked back yet. {by}; not {clawback.proposed_by}, who proposed it."
    if clawback.status != Clawback.Status.RAISED:
        return OVER[Clawback.Status(clawback.status)]
    if write_off is None:
        return (
            "The organisation has a letter. The bank’s line with the reference settles the claim by itself. What will "
            "not come is written off; what was asked in error is withdrawn."
        )
    who, proposer = GIVEN_UP[write_off.kind].who, write_off.proposed_by
    return f"{proposer} proposes to give {in_pounds(write_off.amount_pence)} up. {who} agrees, or keeps the claim open."


def write_off_rows(write_off: WriteOff) -> list[Row]:
    """What one officer proposes to write off, or to withdraw."""
    words = GIVEN_UP[write_off.kind]
    return [
        *claim_rows(write_off.clawback),
        (words.proposed, pence(write_off.amount_pence)),
        (words.why, write_off.reason),
        ("This is proposed by", write_off.proposed_by),
    ]


def _steps(clawback: Clawback, user: User, write_off: WriteOff | None) -> list[tuple[str, str]]:
    """What this officer may do now: words and address."""
    here = [clawback.agreement.reference, clawback.number]
    approves, reviews = (one in user.permissions for one in (Permission.APPROVE_AGREEMENT, Permission.REVIEW_AGREEMENT))
    one = decider(user, since=clawback.proposed_at) if approves else None
    if clawback.status == Clawback.Status.PROPOSED:
        own, may = clawback.proposed_by_id == user.pk, one is not None and one.may_raise(clawback)
        steps = [(ASK_BACK, reverse("grants:clawback-raise", args=here))] if may else []
        refuse = ("Refuse this claim", reverse("grants:clawback-refuse", args=here))
        return [*steps, refuse] if approves or own else steps
    if clawback.status != Clawback.Status.RAISED:
        return []
    if write_off is None:
        both = [
            ("Write the rest off", reverse("grants:write-off-propose", args=here)),
            ("Withdraw this claim", reverse("grants:withdrawal-propose", args=here)),
        ]
        return both if reviews else []
    own, words = write_off.proposed_by_id == user.pk, GIVEN_UP[write_off.kind]
    asked = write_offs_proposed().filter(pk=write_off.pk).first()  # None where somebody has decided in this moment
    may = one is not None and asked is not None and one.may_give_up(asked)
    steps = [(words.agree, reverse(words.address, args=[write_off.pk]))] if may else []
    refuse = ("Keep the claim open", reverse("grants:write-off-refuse", args=[write_off.pk]))
    return [*steps, *([refuse] if approves or own else [])]


def letter_rows(clawback: Clawback) -> list[Row]:
    """The letter to the organisation: how much, why, by when, and where to."""
    account = settings.FUND_ACCOUNT
    sort_code = "-".join(account["sort_code"][start : start + 2] for start in (0, 2, 4))
    return [
        ("Organisation", clawback.agreement.body),
        ("Agreement", clawback.agreement.reference),
        ("Please pay back", pence(clawback.total_pence)),
        ("Of the grant", pence(clawback.amount_pence)),
        ("Of the contribution to your costs", pence(clawback.contribution_pence)),
        ("Why", f"{clawback.get_ground_display()}. {clawback.reason}"),
        ("By", day_text(clawback.pay_by_on)),
        ("To", f"{account['name']}, sort code {sort_code}, account number {account['account_number']}"),
        ("Reference on your transfer", clawback.reference),
        ("Has come", pence(received_pence(clawback))),
        ("Still open", pence(open_pence(clawback))),
    ]


def claim_links(agreement: Agreement, *, own: bool = False) -> list[tuple[str, str, str, str]]:
    """Claims on an agreement for a list: words, address, state and its colour; to the organisation only raised ones."""
    name = "grants:own-clawback" if own else "grants:clawback-detail"
    hidden = ("proposed", "refused") if own else ()
    return [
        (
            f"{pence(one.total_pence)}, to be back by {day_text(one.pay_by_on)}",
            reverse(name, args=[agreement.reference, one.number]),
            one.get_status_display(),
            COLOURS[one.status],
        )
        for one in agreement.clawbacks.all()
        if one.status not in hidden
    ]
