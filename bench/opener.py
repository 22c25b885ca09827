"""Opens the box of one round as the portal does, and says how long it took and how much memory it needed.

Run as `python -m bench.opener` by `bench.openings`, which tells it database, round and keys on standard input.
"""

import json
import os
import resource
import sys
import time
from typing import Any, cast

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cwf_portal.settings")

import django  # noqa: E402 - the environment comes first

django.setup()

from cryptography.hazmat.primitives.asymmetric import ec  # noqa: E402
from cryptography.hazmat.primitives.serialization import load_der_private_key  # noqa: E402

from bench.measure import KIB_PER_MIB, own_peak_mib  # noqa: E402
from bench.poll import KEEPERS  # noqa: E402
from cwf_portal.core.models import User  # noqa: E402
from cwf_portal.operations.templates import switched_to  # noqa: E402
from panels.domain.sealing import KeeperKey  # noqa: E402
from panels.keys import EnteredKeys  # noqa: E402
from panels.models import Round  # noqa: E402
from panels.services import open_box  # noqa: E402


def main() -> None:
    """Open it, print the figures as JSON."""
    told = json.load(sys.stdin)
    with switched_to(told["database"]):
        chair, vote = User.objects.get(pk=told["chair"]), Round.objects.in_full().get(pk=told["round"])
        keys = EnteredKeys(_key(number, key) for number, key in zip(KEEPERS, told["keys"], strict=True))
        begins = time.perf_counter()
        open_box(by=chair, round=vote, keys=keys, keepers=KEEPERS)
        seconds = time.perf_counter() - begins
    answer = {
        "seconds": round(seconds, 2),
        "portal_peak_mib": own_peak_mib(),
        "opener_peak_mib": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // KIB_PER_MIB,
    }
    sys.stdout.write(json.dumps(answer))


def _key(number: int, key: str) -> KeeperKey:
    private: Any = load_der_private_key(bytes.fromhex(key), None)
    return KeeperKey(number, cast(ec.EllipticCurvePrivateKey, private))


if __name__ == "__main__":
    main()
