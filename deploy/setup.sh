#!/bin/sh
# Makes .venv what requirements.lock says, with every package checked against its hash, and installs
# the members of the workspace in place. Needs Python 3.11 or 3.12 (with venv) and nothing else.
# A stamp of everything that it depends on makes a repeated run instant.
# With PCSC=1 also pyscard, which is built here: needs a C compiler, swig, headers of Python and of
# pcsc-lite (Debian: gcc libc6-dev swig python3-dev libpcsclite-dev).
set -eu
cd "$(dirname "$0")/.."

UV_VERSION=0.13.9
WINDOW='import sys; raise SystemExit(not (3, 11) <= sys.version_info[:2] <= (3, 12))'

# Taken by trying: a name on the path may be a shim that runs nothing.
find_python() {
    for name in ${PYTHON:-} python3.12 python3.11 python3; do
        if "$name" -c "$WINDOW" >/dev/null 2>&1; then
            echo "$name"
            return
        fi
    done
    echo "Muster needs Python 3.11 or 3.12, and none of python3.12, python3.11, python3 is one." >&2
    echo "Debian 12: apt-get install python3 python3-venv. Or name it: make setup PYTHON=/path" >&2
    exit 1
}

fingerprint() {
    .venv/bin/python - requirements.lock requirements-pcsc.lock deploy/setup.sh shared/pyproject.toml \
        services/*/pyproject.toml <<'PY'
import hashlib, pathlib, sys

digest = hashlib.sha256(sys.version.encode())
for name in sys.argv[1:]:
    digest.update(name.encode() + b"\0" + pathlib.Path(name).read_bytes() + b"\0")
print(digest.hexdigest())
PY
}

has_pcsc() {
    .venv/bin/python -c 'import smartcard' 2>/dev/null
}

stamp=.venv/.muster-setup
if [ -x .venv/bin/python ] && [ -f "$stamp" ] && [ "$(fingerprint)" = "$(cat "$stamp")" ]; then
    if [ -z "${PCSC:-}" ] || has_pcsc; then
        exit 0
    fi
fi

if ! .venv/bin/python -c "$WINDOW" >/dev/null 2>&1; then
    python=$(find_python)
    if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        echo "$python cannot make a virtual environment (Debian: apt-get install python3-venv)." >&2
        exit 1
    fi
    echo "Making .venv with $("$python" --version)"
    rm -rf .venv
    "$python" -m venv .venv
fi
if [ "$(.venv/bin/uv --version 2>/dev/null | cut -d' ' -f2)" != "$UV_VERSION" ]; then
    .venv/bin/python -m pip install --quiet --disable-pip-version-check "uv==$UV_VERSION"
fi

echo "Installing what requirements.lock names"
export VIRTUAL_ENV="$PWD/.venv"
.venv/bin/uv pip install --quiet --require-hashes -r requirements.lock
set -- -e ./shared
for member in services/*/; do
    set -- "$@" -e "./${member%/}"
done
.venv/bin/uv pip install --quiet --no-deps --no-build-isolation "$@"
if [ -n "${PCSC:-}" ] || has_pcsc; then
    # Built with what requirements.lock brought, not with something fetched beside it.
    .venv/bin/uv pip install --quiet --require-hashes --no-deps --no-build-isolation \
        -r requirements-pcsc.lock
fi
# Compiled once, what runs and not the tools: processes that start together for the first time would
# each compile the same for themselves.
.venv/bin/python - <<'PY' | .venv/bin/python -m compileall -q -j 0 -i - shared/src services/*/src || :
from importlib.metadata import PackageNotFoundError, distribution, distributions

from packaging.requirements import Requirement

wanted = {(d.name, "") for d in distributions() if d.name.startswith("muster-")}
seen, found = set(), {}
while wanted:
    name, extra = one = wanted.pop()
    seen.add(one)
    try:
        found[name] = distribution(name)
    except PackageNotFoundError:
        continue
    for r in map(Requirement, found[name].requires or ()):
        if r.marker is None or r.marker.evaluate({"extra": extra}):
            wanted |= {(r.name, each) for each in ("", *r.extras)} - seen
for one in found.values():
    for file in one.files or ():
        if file.suffix == ".py":
            print(one.locate_file(file))
PY
fingerprint >"$stamp"
