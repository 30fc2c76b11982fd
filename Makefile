# What one types here; `make` alone lists it.

# The first Python that is new enough and can make an environment.
PYTHON = $(firstword $(foreach python,python3 python3.13 python3.12 python3.11,$(shell \
	$(python) -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(python))))
BIN := .venv/bin
# Quiet but for errors: what else pip says is about the machine. Packages come by exact version and hash alone.
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet --quiet install

# What decides who gets what, and when, is covered by tests to 95 %, the whole to 90 %.
DECIDERS := scheduler/picker.py,scheduler/calendar.py,scheduler/due.py

.PHONY: help run test lint bench chaos pictures constraints upgrade clean

help:
	@echo "make run          install, fill the archive, publish today's issue, and serve it (Ctrl-C stops)"
	@echo "make test         run the tests, on SQLite and PostgreSQL, with coverage"
	@echo "make lint         check style, types and layers"
	@echo "make bench        measure how fast it is, against what was promised"
	@echo "make chaos        kill it and turn its clock, for minutes"
	@echo "make pictures     make the README's pictures anew"
	@echo "make constraints  pin what pyproject.toml asks for, keeping the versions that still fit"
	@echo "make upgrade      pin it in the newest versions"
	@echo "make clean        remove what can be made anew (never var/, which holds your archive)"

# An issue that today cannot have (a hold) is said, and no reason not to serve the others.
run: .venv/installed
	@$(BIN)/daily-dose init
	@$(BIN)/daily-dose subscribers add reader@example.org --consent "The address that make run adds"
	@$(BIN)/daily-dose publish today --now || true
	@exec $(BIN)/daily-dose run

test: .venv/developed
	@tests/servers/install.sh
	$(BIN)/pytest -n 2 -m "not chaos" --cov --cov-report=term --cov-fail-under=90
	@$(BIN)/coverage report --include=$(DECIDERS) --fail-under=95 --format=total >/dev/null || \
		{ $(BIN)/coverage report --include=$(DECIDERS) --fail-under=95; exit 1; }

lint: .venv/developed
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/developed
	$(BIN)/python -m benchmarks

chaos: .venv/developed
	@tests/servers/install.sh rss2email feed2exec sfeed
	$(BIN)/pytest -m chaos

pictures: .venv/developed
	@tests/servers/install.sh
	$(BIN)/python docs/pictures.py

# For the service alone, and for those who change it. A stamp is as old as the last installation.
.venv/installed: pyproject.toml constraints.txt | .venv/bin/python
	@echo "Installing into .venv"
	@$(PIP) --require-hashes -r constraints.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/developed: .venv/installed constraints-dev.txt
	@echo "Installing what tests and checks need into .venv"
	@$(PIP) --require-hashes -r constraints.txt -r constraints-dev.txt
	@touch $@

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer with venv is wanted (Debian: apt-get install python3-venv)"; exit 1; }
	@$(PYTHON) -m venv .venv

# The versions for every Python from 3.11 on and every platform: uv, in an environment that is thrown away, keeps
# what is pinned where it still fits. The second file holds only what the first does not.
PINNED := --universal --python-version 3.11 --fork-strategy fewest --generate-hashes --no-annotate --no-header --quiet \
	--no-config --custom-compile-command "make constraints"

constraints: | .venv/bin/python
	@set -e; tools=$$(mktemp -d); trap 'rm -rf "$$tools"' EXIT; cp constraints*.txt "$$tools"; \
	$(PYTHON) -m venv "$$tools/uv"; "$$tools/uv/bin/pip" install --disable-pip-version-check --quiet uv; \
	compile() { "$$tools/uv/bin/uv" pip compile pyproject.toml $(PINNED) $(UPGRADE) "$$@"; }; \
	printf 'hatchling\neditables\n' | compile - --extra postgres --output-file "$$tools/constraints.txt"; \
	compile --group dev --constraints "$$tools/constraints.txt" --output-file "$$tools/constraints-dev.txt" \
		$$(sed -n 's/^\([a-z0-9._-]*\)==.*/--no-emit-package \1/p' "$$tools/constraints.txt"); \
	{ echo "# What the service runs on. Written by: make constraints"; cat "$$tools/constraints.txt"; } >constraints.txt; \
	{ echo "# What tests and checks need besides. Written by: make constraints"; cat "$$tools/constraints-dev.txt"; } \
		>constraints-dev.txt

upgrade:
	@$(MAKE) constraints UPGRADE=--upgrade

clean:
	rm -rf .venv dist build .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find newsletter scheduler tests benchmarks docs -name __pycache__ -prune -exec rm -rf {} +
