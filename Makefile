# The tasks of the project, one line each. `make help` lists them.

PYTHON ?= python3
VENV := .venv
PYTHON_VENV := $(VENV)/bin/python
PIP := $(PYTHON_VENV) -m pip install --quiet --disable-pip-version-check
LOCK := build/lock/bin/uv pip compile --quiet --universal --python-version 3.10 --generate-hashes --system-certs \
	--no-emit-index-url --no-annotate --custom-compile-command 'make lock' \
	--extra dev --extra docs --output-file requirements/dev.txt pyproject.toml
STAMP := $(VENV)/.installed
OLDER := import sys; sys.exit("hubsmith requires Python 3.10 or newer; $(PYTHON) is " + sys.version.split()[0] + ". Choose another one: make setup PYTHON=python3.12" if sys.version_info < (3, 10) else 0)

# Most tests wait for a server or a process, so two processors can run four workers.
WORKERS ?= --numprocesses 4

# Hundreds of processes import the same modules; without cached bytecode, each would compile them.
unexport PYTHONDONTWRITEBYTECODE

export GRADIO_ANALYTICS_ENABLED := False
export HF_HUB_OFFLINE := 1
export HF_HUB_DISABLE_TELEMETRY := 1
# A larger young generation makes pyright collect garbage less often.
export NODE_OPTIONS ?= --max-semi-space-size=64

.DEFAULT_GOAL := help
.PHONY: help setup lock newest demo test test-versions test-code test-properties test-typescript test-secrets test-servers test-ray test-mcp test-record test-faults soak test-bulk test-hostile fuzz corpus mock-corpus bench bench-bulk sizes generate record check specs-check build-check lint fix types docs docs-look pictures clean

help: ## list these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

setup: $(STAMP) ## create .venv and install the project with its development dependencies

$(STAMP): pyproject.toml requirements/dev.txt
	@$(PYTHON) -c '$(OLDER)'
	test -x $(PYTHON_VENV) || $(PYTHON) -m venv $(VENV)
	$(PIP) --require-hashes --requirement requirements/dev.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

lock: ## pin the development dependencies, with hashes, for all Pythons and systems (network)
	test -x build/lock/bin/uv || $(PYTHON) -m venv build/lock
	build/lock/bin/pip install --quiet --disable-pip-version-check uv==0.13.9
	$(LOCK)

newest: setup ## upgrade all dependencies beyond their pins, then run the tests
	$(PIP) --upgrade --upgrade-strategy eager --editable '.[dev]'
	$(PYTHON_VENV) -m pytest $(WORKERS)

demo: setup ## start a Gradio app, generate its client, type-check and run a script that uses it
	$(PYTHON_VENV) demo/run.py

test: setup ## lint, type-check and run all tests, including the corpus, in parallel
	@$(MAKE) --no-print-directory --jobs=2 pytest lint types

pytest: setup ## run all tests
	$(PYTHON_VENV) -m pytest $(WORKERS)

quick: setup ## lint and run the fast tests
	@$(MAKE) --no-print-directory --jobs=2 quick-pytest lint

quick-pytest: setup
	$(PYTHON_VENV) -m pytest $(WORKERS) -m "not slow"

test-versions: setup ## test against real servers of six Gradio versions, 4.44.1 to the latest
	$(PYTHON_VENV) -m tests.versions.environments
	HUBSMITH_GRADIO_VERSIONS=all $(PYTHON_VENV) -m pytest tests/versions

test-typescript: setup ## install the dependencies of the TypeScript tests (npm, network), and run them
	npm ci --prefix tests/typescript --no-audit --no-fund
	npm install --prefix tests/typescript/platforms --no-package-lock --no-audit --no-fund || echo "without Deno, Bun and other versions of Node"
	$(PYTHON_VENV) -m pytest tests/typescript

test-code: setup ## test all cases of `diff --code` and `map` with pyright and mypy
	HUBSMITH_CHECKERS=all $(PYTHON_VENV) -m pytest $(WORKERS) tests/diff/test_code.py tests/bulk/test_types.py

test-properties: setup ## test all properties with several times as many examples as `make test`
	HUBSMITH_PROPERTIES=all $(PYTHON_VENV) -m pytest $(WORKERS) -m hypothesis

test-secrets: setup ## send every kind of secret to every kind of server, and look for it in all messages
	HUBSMITH_SECRETS=all $(PYTHON_VENV) -m pytest tests/runtime/test_secrets_of_spaces.py tests/inference/test_secrets_of_inference.py

test-servers: setup ## test against real inference servers: the classical one, llama.cpp, transformers
	$(PYTHON_VENV) -m tests.servers.server_environments
	HUBSMITH_SERVERS=all $(PYTHON_VENV) -m pytest tests/servers

test-ray: setup ## test calls from a real Ray on this machine, with 10,000 rows
	$(PYTHON_VENV) -m tests.ray.environment
	HUBSMITH_RAY_ROWS=10000 $(PYTHON_VENV) -m pytest tests/ray "tests/docs/test_pages.py::test_the_code_of_the_page_runs[cookbook/ray]"

test-mcp: setup ## compare the MCP server with Gradio's own, and call all tools of all recorded apps
	$(PYTHON_VENV) -m tests.mcp.environment
	HUBSMITH_GRADIO_MCP=1 HUBSMITH_MCP_APPS=182 $(PYTHON_VENV) -m pytest tests/mcp

test-record: setup ## record clicks in the system's Chromium, on apps of three Gradio versions
	$(PYTHON_VENV) -m tests.record.environment
	HUBSMITH_RECORD=all $(PYTHON_VENV) -m pytest tests/record

test-faults: setup ## inject network and server faults into every exchange, and print figures
	HUBSMITH_FAULTS=all $(PYTHON_VENV) -m pytest tests/faults --deselect tests/faults/test_soak.py

soak: setup ## make 10,000 random calls, jobs and cancellations through a faulty proxy
	HUBSMITH_SOAK=10000 $(PYTHON_VENV) -m pytest tests/faults/test_soak.py

test-bulk: setup ## kill and resume runs of 100,000 rows (or HUBSMITH_BULK_ROWS) ten times, for half an hour
	HUBSMITH_BULK_ROWS=$${HUBSMITH_BULK_ROWS:-100000} $(PYTHON_VENV) -m pytest tests/bulk --capture=no

test-hostile: setup ## test 20,000 adversarial documents, and the slow cases of the limits
	HUBSMITH_HOSTILE=all $(PYTHON_VENV) -m pytest tests/codegen/test_limits.py
	$(PYTHON_VENV) -m tests.hostile.run

fuzz: setup ## fuzz documents for unexpected exceptions, guided by coverage, for ten minutes (Linux)
	$(PIP) --require-hashes --requirement requirements/fuzz.txt
	$(PYTHON_VENV) -m tests.hostile.fuzz

corpus: setup ## generate, import and type-check a client for each recorded app
	$(PYTHON_VENV) -m tests.corpus_run

mock-corpus: setup ## call all endpoints of all recorded apps on their mocks
	$(PYTHON_VENV) -m tests.mock.corpus_answers

bench: setup ## compare with other libraries; BENCH="--quick chat" runs less, BENCH=--write updates the pages
	$(PYTHON_VENV) benchmarks/run.py $(BENCH)

bench-bulk: setup ## measure throughput, concurrency and memory of `map`, and draw docs/pictures/bulk-*.svg
	$(PYTHON_VENV) benchmarks/bulk.py

sizes: setup ## count the lines of each part, and compare them with their limits
	$(PYTHON_VENV) benchmarks/sizes.py

generate: setup ## rewrite generated/ from specs/ and the snapshots of the examples
	$(PYTHON_VENV) -m hubsmith_repository.tree

record: setup ## take a new snapshot of the demo app, into generated/spaces/kitchen/spec
	$(PYTHON_VENV) demo/run.py --record

specs-check: setup ## compare specs/tasks with the upstream package (npm, network)
	$(PYTHON_VENV) -m hubsmith_repository.upstream

check: setup ## fail if generated/ is not up to date with specs/
	$(PYTHON_VENV) -m hubsmith_repository.tree --check

build-check: setup ## build the sdist, and from it the wheel, and check their contents
	rm -rf build/dist
	$(PYTHON_VENV) -m build --no-isolation --outdir build/dist
	$(PYTHON_VENV) tests/build_check.py build/dist

lint: setup ## check style and formatting
	$(PYTHON_VENV) -m ruff check
	$(PYTHON_VENV) -m ruff check --isolated --select RUF022 generated
	$(PYTHON_VENV) -m ruff format --check

fix: setup ## fix style and formatting
	$(PYTHON_VENV) -m ruff check --fix
	$(PYTHON_VENV) -m ruff format

types: setup ## type-check everything in strict mode
	$(PYTHON_VENV) -m pyright

docs: setup ## build the documentation into build/docs; warnings are errors
	$(PYTHON_VENV) -m sphinx --builder html --fail-on-warning --keep-going --quiet docs build/docs

docs-look: docs ## check all pages in Chromium, wide and narrow, light and dark
	$(PIP) --require-hashes --requirement requirements/look.txt
	$(PYTHON_VENV) -m tests.docs.screenshots

pictures: setup ## draw the pictures of README and the site from the output of the tools
	$(PYTHON_VENV) -m tests.docs.pictures

clean: ## remove build output, caches and .venv
	rm -rf build dist .pytest_cache .ruff_cache .hypothesis .cache $(VENV)
