"""What happened in the demo before it opened: three years of the fund, written by the same acts as the journey."""

from collections.abc import Callable

from cwf_portal.core.audit import acting
from cwf_portal.core.models import User
from cwf_portal.operations.acts.office import BOOTSTRAP, Office, open_office
from cwf_portal.operations.bank import SandboxBank
from cwf_portal.operations.machine import Machine

SEED = 2026
POSTS = {"auditor": "reads the ledger and everything else, writes nothing"}


def write_past(*, bank: SandboxBank, say: Callable[[str], None]) -> None:
    """Play the past from where the clock stands to the present."""
    machine = Machine(bank)
    office = open_office(seed=SEED, from_on=machine.today())
    say(f"{machine.today()}: the fund has its people")
    _introduce(office)


def _introduce(office: Office) -> None:
    with acting(BOOTSTRAP, "put on the demo's list"):
        for name, detail in POSTS.items():
            user: User = getattr(office, name)
            user.sample_slug, user.sample_detail = name.replace("_", "-"), detail
            user.save(update_fields=["sample_slug", "sample_detail"])
