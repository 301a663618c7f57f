# `make demo` and `make test` do all set-up on a bare machine; the other targets assume it.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test venv peers format lint types contracts generated unit generate bench clean

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet --editable '.[all]'
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/pip install --quiet --editable '.[dev]'
	touch $@

venv: $(VENV)/.installed-dev

generate: venv
	find shared/radloom/wire/v1 -name '*_pb2*' -delete
	PATH="$$PWD/$(BIN):$$PATH" $(BIN)/python -m grpc_tools.protoc -Iproto --python_out=shared \
	  --mypy_out=quiet:shared proto/radloom/wire/v1/*.proto
	PATH="$$PWD/$(BIN):$$PATH" $(BIN)/python -m grpc_tools.protoc -Iproto \
	  --grpc_python_out=shared --mypy_grpc_out=quiet:shared proto/radloom/wire/v1/*_service.proto
