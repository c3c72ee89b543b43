# Everything below sets itself up: a machine needs only Python 3.11 or newer, git and make.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; raise SystemExit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test trust mutants check fix golden docs bench clean

$(READY): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "slacli needs Python 3.11 or newer; none was found" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $(READY)

demo: $(READY)  ## check the example exports and look at the result
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh examples/demo.sh

test: $(READY)  ## run the tests
	$(BIN)/python tools/tested.py

# The tests of what decides whose signature counts; they need no other.
TRUST := $(patsubst %,tests/test_%.py,gate mail openssh_vectors register replay_chain replay_vectors rosters sshsig sshsig_edges \
	stand_ins standing trust trust_edges trust_statements vectors webauthn)

trust: $(READY)  ## run the tests of trust, and see that they take every branch of it
	$(BIN)/coverage run --branch --source=slacli.core.trust -m pytest -n0 $(TRUST)
	$(BIN)/coverage report --show-missing --fail-under=100

mutants: $(READY)  ## break what decides trust in every small way, and see which breaks no test sees
	nice $(BIN)/python tools/mutants.py

check: $(READY)  ## the whole gate
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python tools/tested.py --once
	$(MAKE) --no-print-directory trust
	$(BIN)/python tools/gen_docs.py --check
	$(BIN)/python tools/gen_grammar.py --check
	$(BIN)/python examples/make_exports.py --check
	$(BIN)/python -m build --wheel --outdir build/dist .

fix: $(READY)  ## format, and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

golden: $(READY)  ## renew the golden files; then read the diff
	-$(BIN)/python -m pytest --force-regen
	$(BIN)/python -m pytest

docs: $(READY)  ## write the generated pages and tables
	$(BIN)/python tools/gen_grammar.py
	$(BIN)/python tools/gen_docs.py

bench: $(READY)  ## measure, side by side, in one run
	$(BIN)/python benchmarks/run.py

clean:
	rm -rf $(VENV) build .coverage *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
