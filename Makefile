# Two commands do all the set-up on a fresh machine: `make demo` runs the main job, `make test`
# passes the tests. Everything Python goes into .venv, at the versions of requirements/*.lock.

PYTHON ?= python3
BIN := .venv/bin
RUN_READY := .venv/.run
TEST_READY := .venv/.test
DEMO_OPTIONS ?=

.PHONY: demo demo-e2ee demo-investigation test check benchmark benchmark-language norms lock system-parts clean

demo: $(RUN_READY)
	$(BIN)/fieldfare demo $(DEMO_OPTIONS)

# Two people chat, end-to-end encrypted; Ctrl-C ends it.
demo-e2ee: $(RUN_READY)
	$(BIN)/python -m examples.encrypted_chat $(DEMO_OPTIONS)

# One suspect's archives, simulated, to the reports of the countries, and the console; Ctrl-C ends it.
demo-investigation: $(RUN_READY)
	$(BIN)/fieldfare demo --investigation $(DEMO_OPTIONS)

test: check
	$(BIN)/pytest -n 2 --dist worksteal

check: $(TEST_READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

# GRAPHS: files of real graphs (source target time), one more world each; not part of the project.
benchmark: $(RUN_READY)
	$(BIN)/fieldfare bench all
	$(BIN)/fieldfare evaluate benchmark --out benchmark --page docs/benchmark.md --check \
	$(foreach graph,$(GRAPHS),--graph $(graph))

# The figures on the card of the English token table. The corpus is not part of the project.
benchmark-language: $(RUN_READY)
	$(BIN)/fieldfare evaluate language $(CORPUS) src/fieldfare/lab/taught/everyday-en.jsonl \
	--without everyday --against reference

# The shipped norms: a simulated crowd, until a service measures its own.
norms: $(RUN_READY)
	$(BIN)/python -c "from pathlib import Path; from fieldfare.lab.crowd import write_crowd; \
	write_crowd(Path('crowd'), 10_000_000)"
	$(BIN)/fieldfare norms crowd --out src/fieldfare/contacts/norms.toml --basis "A simulated crowd \
	of one million accounts, ten million events, seed 1 (fieldfare.lab.crowd): a load generator and \
	no model of behaviour. Renew them with the events of the service."

lock:
	scripts/lock

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache

$(RUN_READY): requirements/run.lock pyproject.toml
	scripts/install run $(PYTHON)
	touch $@

$(TEST_READY): requirements/dev.lock pyproject.toml scripts/install-system-parts
	scripts/install-system-parts
	scripts/install dev $(PYTHON)
	touch $@ $(RUN_READY)
