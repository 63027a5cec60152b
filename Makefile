# Every command of a desk and of CI. README.md explains them; `make` alone lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

POSTS ?= 1
DEMO_PORT ?= 8600
DEMO_MQTT_PORT ?= 18830
DEMO_KEEP ?=
BENCH ?=
PYTEST ?=
# Most tests wait for real programs, so a few more of them than cores run at once.
JOBS ?= 3
export DEMO_KEEP

UV_VERSION := 0.13.9
UV := .tools/uv-$(UV_VERSION)/bin/uv
BIN := .venv/bin
# The system's Python: programs under other Unix users must be able to run .venv.
export UV_PYTHON := /usr/bin/python3
export UV_PYTHON_DOWNLOADS := never
# Tests and the demo start hundreds of programs; without kept bytecode each would compile all that it imports.
unexport PYTHONDONTWRITEBYTECODE
ours := edge drivers media rating_terminal center provisioning tests benchmarks
say := @echo "callpost:" >&2

.PHONY: help install demo test test-device test-device-arm64 lint bench prompts clean
help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)

## make install          everything the other commands need; quick when it is all there
install: .tools/stamps/ready

.tools/stamps/apt: apt-packages.txt scripts/install-apt
	@scripts/install-apt
	@mkdir -p $(@D) && touch $@

$(UV): | .tools/stamps/apt
	$(say) "installing uv $(UV_VERSION) into .tools/"
	@/usr/bin/python3 -m venv .tools/uv-$(UV_VERSION)
	@.tools/uv-$(UV_VERSION)/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

.venv/.callpost-synced: pyproject.toml uv.lock .tools/stamps/apt | $(UV)
	$(say) "installing the locked Python packages into .venv/ (PyAudio is compiled; the first time takes minutes)"
	@$(UV) sync --frozen --compile-bytecode
	@touch $@

.tools/stamps/ready: .venv/.callpost-synced $(shell find media/prompts -type f -not -path '*/generated/*' -not -path '*/__pycache__/*' 2>/dev/null)
	$(say) "speaking the voice prompts"
	@$(BIN)/python -m media.prompts.build >&2
	@touch $@
	$(say) "ready"

## make prompts          speak the voice prompts anew
prompts: .venv/.callpost-synced
	$(BIN)/python -m media.prompts.build

## make demo             a whole post with a rating window and a small centre, all simulated (POSTS, DEMO_KEEP, DEMO_PORT, DEMO_MQTT_PORT)
# setpriv becomes the demo (it execs), which so also ends when make itself is killed.
demo: .tools/stamps/ready
	@exec setpriv --pdeathsig TERM -- $(BIN)/callpost demo --posts $(POSTS) --port $(DEMO_PORT) --mqtt-port $(DEMO_MQTT_PORT)

## make lint             format, ruff, mypy, imports
lint: .venv/.callpost-synced
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy --strict $(wildcard $(ours))
	$(BIN)/lint-imports

## make test             all fast lanes, ending with pytest's closing line (PYTEST="-k name" for some)
# Compiled first, because programs under other Unix users cannot write bytecode beside our modules. The order of the files
# is tests/conftest.py's: xdist's own begins with the files of the most tests, which are not those that take long.
test: .tools/stamps/ready lint
	@$(BIN)/python -m compileall -q $(filter-out tests benchmarks,$(wildcard $(ours)))
	@exec $(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(PYTEST)

## make test-device      the daemon on a real kernel's devices, in a guest (docs/device-lane.md; PYTEST="-k name" for some)
test-device: .tools/stamps/ready
	@exec scripts/test-device $(PYTEST)

## make test-device-arm64  the post on an emulated arm64 machine, one press: before a release (docs/device-lane.md)
test-device-arm64: .tools/stamps/ready
	@exec scripts/test-device-arm64 $(PYTEST)

## make bench            every figure of benchmarks/ (BENCH=name for one)
bench: .tools/stamps/ready
	@PYTHONPATH=tests exec $(BIN)/python -m benchmarks $(BENCH)

## make clean            remove what the commands above made
clean:
	rm -rf .demo .tools/stamps .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache media/prompts/generated
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
