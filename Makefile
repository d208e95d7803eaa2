# Two commands do all the set-up on a fresh machine: `make demo` runs the main job, `make test`
# passes the tests. Everything Python goes into .venv, at the versions of requirements/*.lock.

PYTHON ?= python3
BIN := .venv/bin
RUN_READY := .venv/.run
TEST_READY := .venv/.test
DEMO_OPTIONS ?=

.PHONY: demo test check benchmark benchmark-language lock system-parts clean

demo: $(RUN_READY)
	$(BIN)/fieldfare demo $(DEMO_OPTIONS)

test: check
	$(BIN)/pytest -n 2 --dist worksteal

check: $(TEST_READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

benchmark: $(RUN_READY)
	$(BIN)/fieldfare bench all

# The figures on the card of the English token table. The corpus is not part of the project.
benchmark-language: $(RUN_READY)
	$(BIN)/fieldfare evaluate language $(CORPUS) --without everyday --against reference

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
