# Everything a new checkout needs. `make demo` and `make test` work on a machine with nothing but Python >= 3.11.
PYTHON ?= python3
BIN := .venv/bin
WORKERS ?= 2
FUZZ_SECONDS ?= 60
DOCKER ?= docker
MAKEFLAGS += --no-builtin-rules # nothing here is compiled

.PHONY: demo images testbed testbed-report testbed-down test-containers test test-unit test-elasticsearch test-security test-scale audit \
    soak soak-service fuzz lint format bench bench-ship bench-detect bench-scale bench-alert bench-kafka bench-quality lock base-rows settings-docs clean

demo: .venv
	$(BIN)/wwwatch demo

test: .venv
	$(BIN)/python -m pytest -n $(WORKERS) tests

test-unit: .venv
	$(BIN)/python -m pytest -n $(WORKERS) tests/unit

# The contract tests again, on the makers' own test build of Elasticsearch.
test-elasticsearch: .venv
	WWWATCH_ENGINE__DISTRIBUTION=elasticsearch $(BIN)/python -m pytest -n $(WORKERS) tests/integration tests/acceptance

# Roles and keys, on OpenSearch with its security plugin; fetches both once (183 MB).
test-security: .venv
	WWWATCH_TEST_SECURITY=1 $(BIN)/python -m pytest tests/integration/test_roles.py

# A node of three is killed while two shippers and two detectors work.
test-scale: .venv
	WWWATCH_TEST_SCALE=1 $(BIN)/python -m pytest tests/integration/test_scale.py

# Known faults in the packages of the lock; secrets in tracked files.
audit: .venv
	$(BIN)/python .ci/audit
	.ci/secrets

# What can go wrong between a log and its store, often; some 40 minutes. SOAK: options, such as --faults 200 --only kill
soak: .venv
	$(BIN)/python -m tests.faults $(SOAK)

# A week of the service under a driven clock, and 20 leaders killed while mails leave; some 15 minutes.
soak-service: .venv
	$(BIN)/python -m tests.service

# Searches for inputs that break the reading of logs, a minute for each target; fails at the first one found.
fuzz: .venv
	$(BIN)/python -m tests.fuzz lines -max_total_time=$(FUZZ_SECONDS)
	$(BIN)/python -m tests.fuzz directive -max_total_time=$(FUZZ_SECONDS)
	$(BIN)/python -m tests.fuzz configuration -max_total_time=$(FUZZ_SECONDS)

lint: .venv
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

images:
	docker/build

# Attacks on a made-up site, watched: see docker-compose.test.yml for the addresses.
TESTBED := $(DOCKER) compose --file docker-compose.test.yml
testbed: images
	$(TESTBED) up --detach

testbed-report: .venv
	WWWATCH_URL=$${WWWATCH_URL:-http://127.0.0.1:$${STORE_PORT:-9200}} $(BIN)/python -m bench.testbed $(REPORT)

testbed-down:
	$(TESTBED) down --volumes

# As root, with Docker: builds the images, on stand-ins where no registry can be reached, and runs the compose files.
test-containers: .venv
	WWWATCH_TEST_CONTAINERS=1 $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile tests/containers
# After a setting was added or changed.
settings-docs: .venv
	$(BIN)/wwwatch config sample > docs/wwwatch.toml
	$(BIN)/wwwatch config reference > docs/settings.md

bench-quality: .venv
	$(BIN)/python -m bench.quality --markdown docs/quality.md

# LINES=2000000 is what the issue asks for; the default takes a few minutes.
LINES ?= 150000
bench-ship: .venv
	$(BIN)/python -m bench.ship --lines $(LINES)

# FACTOR=0.1 takes a minute; 1 is what counts: ten million events are written for it.
FACTOR ?= 1
bench-detect: .venv
	$(BIN)/python -m bench.detect --factor $(FACTOR)

# From the first line of a flood to the mail: TURNS floods, each some 15 s.
TURNS ?= 10
bench-alert: .venv
	$(BIN)/python -m bench.alert --turns $(TURNS)

bench-scale: .venv
	$(BIN)/python -m bench.scale

bench: bench-ship bench-detect bench-alert bench-quality

# Simulates made-up sites and attackers, and counts them as the detector does: the data of the base model.
base-rows: .venv
	$(BIN)/python -m detector.make_base_rows

# Kafka beside the straight road; starts a broker of its own.
bench-kafka: .venv
	$(BIN)/python -m bench.kafka --lines $(LINES)

.venv: .venv/.complete

.venv/.complete: pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and f"wwwatch needs Python 3.11 or newer; {sys.executable} is {sys.version.split()[0]}. Try: make PYTHON=python3.12 $(MAKECMDGOALS)")'
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# Exact versions for development, CI and images, for every platform and Python from 3.11 on.
lock: .venv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --upgrade --all-extras --group dev --output-file requirements.lock pyproject.toml

clean:
	rm -rf .venv build dist bench/out .mypy_cache .ruff_cache .pytest_cache .hypothesis
