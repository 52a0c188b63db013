# Every task of the project, one line each. `make help` lists them.

PYTHON ?= python3
VENV := .venv
PYTHON_VENV := $(VENV)/bin/python
PIP := $(PYTHON_VENV) -m pip install --quiet --disable-pip-version-check
LOCK := build/lock/bin/uv pip compile --quiet --universal --python-version 3.10 --generate-hashes --system-certs \
	--no-emit-index-url --no-annotate --custom-compile-command 'make lock' \
	--extra dev --extra docs --output-file requirements/dev.txt pyproject.toml
STAMP := $(VENV)/.installed
OLDER := import sys; sys.exit("hubsmith needs Python 3.10 or newer; $(PYTHON) is " + sys.version.split()[0] + ". Name another one: make setup PYTHON=python3.12" if sys.version_info < (3, 10) else 0)

# Most tests wait for a server or a process, so two processors can do with four workers.
WORKERS ?= --numprocesses 4

# Hundreds of processes import the same modules: each would compile them anew.
unexport PYTHONDONTWRITEBYTECODE

export GRADIO_ANALYTICS_ENABLED := False
export HF_HUB_OFFLINE := 1
export HF_HUB_DISABLE_TELEMETRY := 1
# pyright collects garbage less often with more room for what is new.
export NODE_OPTIONS ?= --max-semi-space-size=64

.DEFAULT_GOAL := help
.PHONY: help setup lock newest demo test test-versions test-code test-properties test-typescript test-secrets test-servers test-ray test-mcp test-record test-faults soak test-bulk test-hostile fuzz corpus mock-corpus bench bench-bulk sizes generate record check specs-check build-check lint fix types docs docs-look pictures clean

help: ## list these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

setup: $(STAMP) ## create .venv and install the project with everything its tests need

$(STAMP): pyproject.toml requirements/dev.txt
	@$(PYTHON) -c '$(OLDER)'
	test -x $(PYTHON_VENV) || $(PYTHON) -m venv $(VENV)
	$(PIP) --require-hashes --requirement requirements/dev.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

lock: ## pin what development needs, with hashes, for every Python and system (network)
	test -x build/lock/bin/uv || $(PYTHON) -m venv build/lock
	build/lock/bin/pip install --quiet --disable-pip-version-check uv==0.13.9
	$(LOCK)

newest: setup ## upgrade every dependency beyond its pin, then test
	$(PIP) --upgrade --upgrade-strategy eager --editable '.[dev]'
	$(PYTHON_VENV) -m pytest $(WORKERS)

demo: setup ## start a Gradio app, generate its client, type-check and run a script, catch mistakes
	$(PYTHON_VENV) demo/run.py

test: setup ## lint, type-check and run every test, the corpus included, side by side
	@$(MAKE) --no-print-directory --jobs=2 pytest lint types

pytest: setup ## run every test
	$(PYTHON_VENV) -m pytest $(WORKERS)

quick: setup ## lint and run the tests that take no more than moments
	@$(MAKE) --no-print-directory --jobs=2 quick-pytest lint

quick-pytest: setup
	$(PYTHON_VENV) -m pytest $(WORKERS) -m "not slow"

test-versions: setup ## test against real servers of six Gradio versions, 4.44.1 to the newest
	$(PYTHON_VENV) -m tests.versions.environments
	HUBSMITH_GRADIO_VERSIONS=all $(PYTHON_VENV) -m pytest tests/versions

test-typescript: setup ## install what tests of TypeScript clients need (npm, network), then run them
	npm ci --prefix tests/typescript --no-audit --no-fund
	npm install --prefix tests/typescript/platforms --no-package-lock --no-audit --no-fund || echo "without Deno, Bun and other versions of Node"
	$(PYTHON_VENV) -m pytest tests/typescript

test-code: setup ## try `diff --code` and `map` with pyright and with mypy in every case
	HUBSMITH_CHECKERS=all $(PYTHON_VENV) -m pytest $(WORKERS) tests/diff/test_code.py tests/bulk/test_types.py

test-properties: setup ## try every property with hundreds of examples, several times what `make test` tries
	HUBSMITH_PROPERTIES=all $(PYTHON_VENV) -m pytest $(WORKERS) -m hypothesis

test-secrets: setup ## try every secret at every kind of server, and look for it in every message
	HUBSMITH_SECRETS=all $(PYTHON_VENV) -m pytest tests/runtime/test_secrets_of_spaces.py tests/inference/test_secrets_of_inference.py

test-servers: setup ## test against real inference servers: the classical one, llama.cpp, transformers
	$(PYTHON_VENV) -m tests.servers.server_environments
	HUBSMITH_SERVERS=all $(PYTHON_VENV) -m pytest tests/servers

test-ray: setup ## test calls from a real Ray on this machine, 10,000 rows of it
	$(PYTHON_VENV) -m tests.ray.environment
	HUBSMITH_RAY_ROWS=10000 $(PYTHON_VENV) -m pytest tests/ray "tests/docs/test_pages.py::test_the_code_of_the_page_runs[cookbook/ray]"

test-mcp: setup ## compare the MCP server with Gradio's own, and call every tool of all recorded apps
	$(PYTHON_VENV) -m tests.mcp.environment
	HUBSMITH_GRADIO_MCP=1 HUBSMITH_MCP_APPS=182 $(PYTHON_VENV) -m pytest tests/mcp

test-record: setup ## click through apps in Chromium (the system's) and record it, on three Gradio versions
	$(PYTHON_VENV) -m tests.record.environment
	HUBSMITH_RECORD=all $(PYTHON_VENV) -m pytest tests/record

test-faults: setup ## do to every exchange what networks and servers do; ends with figures
	HUBSMITH_FAULTS=all $(PYTHON_VENV) -m pytest tests/faults --deselect tests/faults/test_soak.py

soak: setup ## make 10,000 calls, jobs and cancels at random through a faulty proxy
	HUBSMITH_SOAK=10000 $(PYTHON_VENV) -m pytest tests/faults/test_soak.py

test-bulk: setup ## kill runs of 100,000 rows ten times, or of HUBSMITH_BULK_ROWS; takes half an hour
	HUBSMITH_BULK_ROWS=$${HUBSMITH_BULK_ROWS:-100000} $(PYTHON_VENV) -m pytest tests/bulk --capture=no

test-hostile: setup ## try 20,000 adversarial documents, and what takes long of the limits
	HUBSMITH_HOSTILE=all $(PYTHON_VENV) -m pytest tests/codegen/test_limits.py
	$(PYTHON_VENV) -m tests.hostile.run

fuzz: setup ## look for documents that raise something raw, guided by coverage, for ten minutes (Linux)
	$(PIP) --require-hashes --requirement requirements/fuzz.txt
	$(PYTHON_VENV) -m tests.hostile.fuzz

corpus: setup ## generate, import and type-check a client for every recorded app
	$(PYTHON_VENV) -m tests.corpus_run

mock-corpus: setup ## call every endpoint of every recorded app on its mock
	$(PYTHON_VENV) -m tests.mock.corpus_answers

bench: setup ## compare with other libraries; one table at the end. BENCH="--quick chat" for less, BENCH=--write for the pages
	$(PYTHON_VENV) benchmarks/run.py $(BENCH)

bench-bulk: setup ## measure runs of many rows: throughput, concurrency, memory; draws docs/pictures/bulk-*.svg
	$(PYTHON_VENV) benchmarks/bulk.py

sizes: setup ## count the lines of the runtime and the generator, beside their limits
	$(PYTHON_VENV) benchmarks/sizes.py

generate: setup ## rewrite generated/ from specs/ and the examples' snapshots
	$(PYTHON_VENV) -m hubsmith_repository.tree

record: setup ## snapshot the demo app anew into generated/spaces/kitchen/spec
	$(PYTHON_VENV) demo/run.py --record

specs-check: setup ## compare specs/tasks with the package they were taken from (npm, network)
	$(PYTHON_VENV) -m hubsmith_repository.upstream

check: setup ## fail when generated/ is not what specs/ say
	$(PYTHON_VENV) -m hubsmith_repository.tree --check

build-check: setup ## build the sdist and from it the wheel, and look at what is in them
	rm -rf build/dist
	$(PYTHON_VENV) -m build --no-isolation --outdir build/dist
	$(PYTHON_VENV) tests/build_check.py build/dist

lint: setup ## check style and formatting
	$(PYTHON_VENV) -m ruff check
	$(PYTHON_VENV) -m ruff check --isolated --select RUF022 generated
	$(PYTHON_VENV) -m ruff format --check

fix: setup ## repair style and formatting
	$(PYTHON_VENV) -m ruff check --fix
	$(PYTHON_VENV) -m ruff format

types: setup ## type-check everything in strict mode
	$(PYTHON_VENV) -m pyright

docs: setup ## build the documentation into build/docs; a warning is an error
	$(PYTHON_VENV) -m sphinx --builder html --fail-on-warning --keep-going --quiet docs build/docs

docs-look: docs ## look at every page in Chromium, wide and narrow, light and dark
	$(PIP) --require-hashes --requirement requirements/look.txt
	$(PYTHON_VENV) -m tests.docs.screenshots

pictures: setup ## draw the pictures of README and of the site from what the tools answer
	$(PYTHON_VENV) -m tests.docs.pictures

clean: ## remove everything that was built or installed
	rm -rf build dist .pytest_cache .ruff_cache .hypothesis .cache $(VENV)
