"""The peer of `bench/tallies.py`; run by a Python that has pabutools, never imported by anything of ours."""

import json
import sys
import time

from pabutools.election import Cost_Sat, parse_pabulib
from pabutools.rules import method_of_equal_shares
from pabutools.tiebreaking import TieBreakingRule

instance, profile = parse_pabulib(sys.argv[1])
votes = {project: profile.approval_score(project) for project in instance}
ties = TieBreakingRule(lambda _, __, project: (-votes[project], project.cost, project.name))
begins = time.perf_counter()
winners = method_of_equal_shares(instance, profile, sat_class=Cost_Sat, tie_breaking=ties, voter_budget_increment=1)
seconds = time.perf_counter() - begins
print(json.dumps({"winners": [project.name for project in winners], "seconds": round(seconds, 3)}))
