#!/usr/bin/env bash
# Installs a real llama.cpp server with OpenAI's API for the tests: install_llama.sh PYTHON VENV
# PyPI has the source alone; it needs cmake and a C++ compiler. pip keeps the wheel that it builds.
# Little is optimized: it serves half a megabyte of weights, and compiles in two thirds of the time.
set -euo pipefail
python=$1 venv=$2
export CMAKE_BUILD_PARALLEL_LEVEL=${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}
export CMAKE_ARGS="-DGGML_NATIVE=OFF -DGGML_OPENMP=OFF -DLLAVA_BUILD=OFF -DLLAMA_BUILD_COMMON=OFF \
  -DCMAKE_C_FLAGS_RELEASE=-O1 -DCMAKE_CXX_FLAGS_RELEASE=-O1"
"$python" -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check \
  'llama-cpp-python[server]==0.3.36' gguf==0.19.0
