"""`make bench`: each measurement beside a floor or a peer in the same run, as a table and as JSON lines.

Run as `python -m bench [name ...]`. Nothing here passes or fails: a ratio is read by a person, on their own machine.
"""

import json
import os
import sys
from collections.abc import Callable

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cwf_portal.settings")
os.environ["CWF_SCRATCH"] = "1"

from bench import servers  # noqa: E402 - the environment comes first

servers.point_settings_at_our_own()

import django  # noqa: E402

django.setup()

from bench import ballots, casting, forecasts, machinery, openings, pages, postings, proofs, runs, tallies  # noqa: E402
from bench.measure import Row  # noqa: E402
from bench.scratch import clone  # noqa: E402

BENCHES: dict[str, Callable[[], list[Row]]] = {
    "machinery": machinery.measure,
    "pages": pages.measure,
    "postings": postings.measure,
    "runs": runs.measure,
    "proofs": proofs.measure,
    "forecasts": forecasts.measure,
    "ballots": ballots.measure,
    "casting": casting.measure,
    "openings": openings.measure,
    "tallies": tallies.measure,
}


def main(names: list[str]) -> int:
    """Measure what is named, or everything; 2 where a name is unknown."""
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        print(f"There is no bench {unknown[0]}. There are: {', '.join(BENCHES)}", file=sys.stderr)  # noqa: T201
        return 2
    for name in names or BENCHES:
        with clone():  # each in a database of its own, so that none finds what another left
            for row in BENCHES[name]():
                print(json.dumps(row.as_dict()), flush=True)  # noqa: T201 - this is the output
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
