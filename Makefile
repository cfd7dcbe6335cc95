# Each target sets up what it needs (.ci/setup) and is quick the second time. ARGS are passed on; nothing else is needed
# on a fresh machine.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
PYTHON := .venv/bin/python
PYTEST := .venv/bin/pytest
NAME ?= all
TIMES ?= 1
HANDS ?= 3
.DEFAULT_GOAL := help
# Tests keep what they compile.
unexport PYTHONDONTWRITEBYTECODE
.PHONY: help setup demo test scenarios lint bench drills attacks gallery interop mutants

help:
	@echo 'make demo [ARGS="--once --json"]   the whole product on this machine, no account, no network'
	@echo 'make test [ARGS=…]                 every test'
	@echo 'make scenarios                     every journey on SQLite and on PostgreSQL (make test: some on one of them)'
	@echo 'make lint                          ruff, mypy, import contracts'
	@echo 'make bench NAME=…|all              benchmarks (escape: by its name alone)'
	@echo 'make drills [TIMES=3] [WRITE=1]    tests that kill real processes; how often each, and the table into the docs'
	@echo 'make attacks                       what hostile input and hostile code may not do'
	@echo 'make mutants                       how many faults put into our deciding modules their tests notice'
	@echo 'make gallery [ARGS=folder]         every message on a phone and on a desktop, as pictures (needs chromium)'
	@echo 'make interop                       our clients and simulators against what vendors publish'

setup:
	@.ci/setup

demo: setup
	@exec .venv/bin/sortie demo $(ARGS)

test: setup
	@$(PYTEST) -q -n 3 --dist worksteal $(ARGS)

scenarios: setup
	@$(PYTEST) -q -n 3 --dist worksteal --both tests/scenarios $(ARGS)

lint: setup
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check --quiet .
	@.venv/bin/mypy
	@.venv/bin/lint-imports

bench: setup
	@case ' $(NAME) ' in *' agents_per_box '*|*' all '*) .ci/claude-code ;; esac
	@$(PYTHON) -m bench $(NAME) $(ARGS)

drills: setup
	@$(PYTEST) -q -m '' -n $(HANDS) --dist worksteal --times $(TIMES) $(if $(WRITE),--write-table) \
	  --told-as 'make drills$(if $(filter-out 1,$(TIMES)), TIMES=$(TIMES))$(if $(ARGS), ARGS="…")' \
	  tests/bot/cli/test_supervise.py tests/bot/cli/test_up.py $(wildcard tests/drills) $(ARGS)

attacks: setup
	@$(PYTEST) -q tests/integrations/sandboxes tests/bot/slack/test_signatures.py tests/bot/routes \
	  $(wildcard tests/attacks) $(ARGS)

mutants: setup
	@$(PYTHON) -m tests.mutants $(ARGS)

gallery: setup
	@$(PYTHON) -m tests.gallery $(or $(ARGS),gallery)

interop: setup
	@.ci/interop
	@$(PYTEST) -q -m interop tests/interop $(ARGS)
