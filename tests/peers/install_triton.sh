#!/usr/bin/env bash
# Installs a real Triton server for the tests: install_triton.sh PYTHON VENV
# The binary comes from nvidia-pytriton (its Python API is not used); numpy 1 lives only here,
# because the server's Python stub answers with empty tensors under numpy 2.
set -euo pipefail
python=$1 venv=$2
"$python" -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps nvidia-pytriton==0.7.0
"$venv/bin/pip" install --quiet --disable-pip-version-check 'numpy>=1.26,<2' onnxruntime
