"""`make attack`: everybody of the demo, and nobody, against a demo of its own; exits 1 where something was found.

Run as `python -m tests.attack`; with `--accept`, who was shown which page is written to the reviewed table.
"""

import json
import os
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent.parent
os.environ |= {
    "DJANGO_SETTINGS_MODULE": "cwf_portal.settings",
    "DEMO": "1",
    "CWF_VAR": str(CHECKOUT / "var" / "attack"),  # nobody's own demo is broken
    "ALLOWED_HOSTS": "testserver,127.0.0.1,localhost",
}

for name in ("static", "locale"):  # as `make setup` built them
    built = Path(os.environ["CWF_VAR"]) / name
    built.parent.mkdir(parents=True, exist_ok=True)
    if not built.exists():
        built.symlink_to(CHECKOUT / "var" / name)

import django  # noqa: E402 - the environment comes first

django.setup()

from cwf_portal.core.clock import core_now  # noqa: E402
from cwf_portal.embedded.supervisor import servers_for  # noqa: E402
from cwf_portal.operations.demo.database import people_who_sign_in  # noqa: E402
from cwf_portal.operations.demo.stage import stage  # noqa: E402
from panels.models import Round  # noqa: E402
from tests.attack.audience import differences, seen_by, write_table  # noqa: E402
from tests.attack.spider import TRIES, Spider  # noqa: E402


def main(accept: bool) -> int:
    """Walk as everybody, look at what others were shown, then send every form; as JSON, a finding a line."""
    with servers_for(["tests.attack", "demo"]), stage(fresh=True, say=_say):
        # No link on anybody's home leads to where people vote on paper now.
        polling = [f"/rounds/{round.pk}/polling/" for round in Round.objects.voting(core_now())]
        spiders = [Spider("nobody", None, TRIES)]
        spiders += [Spider(str(user.sample_slug), user, TRIES) for user in people_who_sign_in()]
        for spider in spiders:
            spider.walk("/", "/home/", *polling)
            _say(f"{spider.who}: {len(spider.opened)} pages")
        table = seen_by(spiders)
        if accept:
            write_table(table)
        for spider in spiders:
            spider.send()
            _say(f"{spider.who}: {spider.sent} forms")
    found = [finding for spider in spiders for finding in spider.findings]
    lines = [*map(vars, found), *({"audience": line} for line in differences(table))]
    for line in lines:
        sys.stdout.write(json.dumps(line) + "\n")
    opened, sent = sum(len(spider.opened) for spider in spiders), sum(spider.sent for spider in spiders)
    sys.stdout.write(json.dumps({"pages": opened, "forms": sent, "found": len(lines)}) + "\n")
    return 1 if lines else 0


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main("--accept" in sys.argv))
