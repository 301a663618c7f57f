#!/usr/bin/env bash
# Installs the FHIR peer of the tests into .peers/medplum. No lock file is kept: it would name the
# registry it was made with. Versions are pinned in package.json; 5.x of Medplum needs Node 22.
set -euo pipefail
cd "$(dirname "$0")/../.."
mkdir -p .peers/medplum
cp tests/peers/medplum/package.json tests/peers/medplum/server.mjs .peers/medplum/
cd .peers/medplum
npm install --no-package-lock --no-audit --no-fund --ignore-scripts --loglevel=error
