"""What the demo's bank can do wrong, in words, and where to look at what the portal makes of it."""

from dataclasses import dataclass

UNTIL_OFF = 1_000_000_000  # times


@dataclass(frozen=True)
class Fault:
    """One fault of the sandbox bank.

    Attributes:
        kind: Its name at the bank.
        title: What happens, in a few words.
        what: What the bank does.
        right: What the portal must do about it.
        look_at: Name of the page that shows it.
        link: What that page is called.
    """

    kind: str
    title: str
    what: str
    right: str
    look_at: str
    link: str


ALL = (
    Fault(
        "reject",
        "A payment is rejected",
        "The bank does not make the next payment: the account is closed. It says so in a report, not on a statement.",
        "The money is to be paid again, held, until two people agree to another attempt.",
        "grants:held-list",
        "Held payments",
    ),
    Fault(
        "return",
        "A payment comes back",
        "The bank makes the next payment, and two days later the money comes back.",
        "The payment is paid, then returned and held; the place’s page says so.",
        "grants:held-list",
        "Held payments",
    ),
    Fault(
        "reverse",
        "A return is taken back",
        "The bank makes the next payment, two days later gives it back in error, and two days on takes it once more.",
        "The payment is paid, returned and held; then it stands again, and nobody pays it a second time.",
        "grants:reconcile",
        "Reconciliation",
    ),
    Fault(
        "delay",
        "A payment is late",
        "The bank makes the next payment two days after the day on which it should arrive.",
        "The payment stays with the bank and is shown as not yet answered; nobody sends it again.",
        "grants:payments-home",
        "Payments",
    ),
    Fault(
        "forget",
        "A payment is forgotten",
        "The bank accepts the file, and never makes the next payment nor speaks of it.",
        "Three working days after it should have arrived the run asks for the bank’s letter; two people who hold it "
        "say that the payment was not made, and two agree to pay it again.",
        "grants:payments-home",
        "Payments",
    ),
    Fault(
        "silence",
        "The bank does not answer",
        "The bank takes the next file and hangs up without a word.",
        "The same bytes are sent again; the bank knows them, so everything is paid once.",
        "grants:bank-home",
        "The bank",
    ),
    Fault(
        "half_upload",
        "Half a file arrives",
        "Only the first half of the next payment file reaches the bank, which refuses it.",
        "Nothing of the file is paid; its payments are held with the bank’s reason.",
        "grants:bank-home",
        "The bank",
    ),
    Fault(
        "half_answer",
        "Half an answer comes back",
        "The bank does as it is asked, and its answer breaks off in the middle.",
        "Half an answer counts as none: the file is sent again and paid once, statements are asked for again.",
        "grants:bank-home",
        "The bank",
    ),
    Fault(
        "duplicate",
        "Everything is delivered twice",
        "The bank delivers each statement and each report twice, and the one before once more.",
        "Each line counts once; the second delivery changes nothing.",
        "grants:reconcile",
        "Reconciliation",
    ),
    Fault(
        "early",
        "The bank tells early",
        "No fault, but not every bank does it: on a day on which money moves, the bank sends a notice of it (camt.054) "
        "before the statement, which then says the same again.",
        "The run shows what the bank told early; every line counts once, when the statement says it.",
        "grants:run-list",
        "Payment runs",
    ),
)
FAULTS = {fault.kind: fault for fault in ALL}
