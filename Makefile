# `make demo` and `make test` do all the set-up on a machine with Python 3.11 and make.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
COUNT  ?= 100000
SEED   ?= 1
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: demo test check tests kill-matrix kill-matrix-whole differential hostile openapi kills bench spec schemas faults clean

demo: $(VENV)/base.stamp  ## the conformance suite against the reference worker, over the embedded coordinator
	$(BIN)/dispatch-conformance run --worker $(BIN)/dispatch-worker --out out/demo

test: check tests  ## everything that CI runs

check: $(VENV)/dev.stamp  ## linter, formatter, strict types, import contracts, generated files in step
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m dispatch_protocol.specification --check protocol/SPEC.md
	$(BIN)/python -m dispatch_protocol.schemas --check
	$(BIN)/python -m dispatch_mockcoord.faults.listing --check docs/faults.md

tests: $(VENV)/dev.stamp
	$(BIN)/python -m pytest -n auto --dist loadfile

kill-matrix: $(VENV)/dev.stamp  ## the suite against every broken worker, in Python and in JavaScript
	$(BIN)/python -m tests.conformance.matrix

kill-matrix-whole: $(VENV)/dev.stamp  ## the same, each on everything that does not wait, and fuzzed
	$(BIN)/python -m tests.conformance.matrix --whole

differential: $(VENV)/dev.stamp  ## canonical text against node, signatures against a second library
	$(BIN)/python -m tests.differential --count $(COUNT) --seed $(SEED)

hostile: $(VENV)/dev.stamp  ## hostile frames and requests against coordinator and worker while honest jobs run
	$(BIN)/python -m tests.hostile coordinator --count $(COUNT) --seed $(SEED)
	$(BIN)/python -m tests.hostile worker --count $(COUNT) --seed $(SEED)

openapi: $(VENV)/dev.stamp  ## the description of the server against the server, with schemathesis
	$(PIP) --editable '.[openapi]'
	$(BIN)/python -m tests.openapi --command $(BIN)/schemathesis --seed $(SEED)

kills: $(VENV)/dev.stamp  ## kill -9 at random moments under load
	$(BIN)/python -m tests.mockcoord.kills --kills 60 --seed $(SEED)

bench: $(VENV)/dev.stamp  ## the quick benchmarks, each figure beside a baseline in the same run
	$(BIN)/python -m bench

spec: $(VENV)/dev.stamp  ## write protocol/SPEC.md anew from the clauses
	$(BIN)/python -m dispatch_protocol.specification > protocol/SPEC.md

schemas: $(VENV)/dev.stamp  ## write the JSON Schemas anew from the messages
	$(BIN)/python -m dispatch_protocol.schemas

faults: $(VENV)/dev.stamp  ## write docs/faults.md anew from the catalogue
	$(BIN)/python -m dispatch_mockcoord.faults.listing > docs/faults.md

clean:
	rm -rf $(VENV) out .mypy_cache .ruff_cache .pytest_cache .hypothesis .schemathesis .import_linter_cache

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/base.stamp: pyproject.toml | $(VENV)/bin/python
	$(PIP) --editable .
	@touch $@

$(VENV)/dev.stamp: pyproject.toml | $(VENV)/bin/python
	$(PIP) --editable '.[dev]'
	@touch $@ $(VENV)/base.stamp
