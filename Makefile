# Every command sets up what it needs; after that only the environment's own Python is used.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
# The system's own where it will do: Debian and Ubuntu build theirs for speed, which tests and journey show by a quarter.
SYSTEM := /usr/bin/python3
WILL_DO := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell $(SYSTEM) -c "$(WILL_DO)" 2> /dev/null && echo $(SYSTEM) || echo python3)
BIN := .venv/bin
# One more than there are processors: some tests wait for servers and browsers. Each tells the beginnings it needs anew.
JOBS ?= $(shell echo $$(($$(nproc) + 1)))
SEED ?= 1
KILLS ?= 1000

# Images often forbid it; then every worker of the tests and every server read all sources anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo test check journey faults attack bench

help: ## Show this list
	@sed -nE 's/^([a-z]+):.*## (.*)/make \1\t\2/p' Makefile | expand -t 16

setup: ## Virtual environment, style sheet and static files, each only where something changed
	@$(PYTHON) cwf_portal/embedded/bootstrap.py

demo: setup ## The whole portal with sample data; Ctrl-C stops it, FRESH=1 starts anew
	@DEMO=1 $(BIN)/python manage.py demo $(if $(filter-out 0,$(FRESH)),--fresh)

test: ## All tests but the longest, which `make faults` runs
	@$(PYTHON) cwf_portal/embedded/bootstrap.py --with-chromium
	@$(BIN)/python -m pytest -n $(JOBS) --dist worksteal --ignore tests/faults/test_journey_workers.py

check: setup ## Style, types, boundaries and migrations
	@$(BIN)/python -m tests.support.checks

journey: setup ## Waves, votes, agreements and payments of all places over ten years, as JSON
	@$(BIN)/python manage.py journey --json

faults: setup ## A thousand kills while the fund pays, SEED=1 for the same again; servers that die; a thousand race to vote; plans at a million journals
	@$(BIN)/python manage.py faults --seed $(SEED) --kills $(KILLS)
	@$(BIN)/python -m pytest tests/faults -n 0 --ignore tests/faults/test_money.py
	@RACING_VOTERS=1000 $(BIN)/python -m pytest tests/unit/panels/services/test_races.py -n 0 -k double_vote
	@HISTORY_JOURNALS=1000000 $(BIN)/python -m pytest tests/integration/test_plans.py -n 0

attack: setup ## Everybody follows every link and sends every form with nonsense, on a demo of its own; who saw what is held by a table
	@$(BIN)/python -m tests.attack

bench: setup ## What the machinery costs on this machine, as JSON
	@$(BIN)/python -m bench
