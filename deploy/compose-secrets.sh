#!/bin/sh
# The secrets of docker-compose.yml: made where they are missing, never changed.
#   deploy/compose-secrets.sh [FOLDER]      default: $MUSTER_SECRETS, else .muster/compose
#
# Compose mounts each file as it is. The containers' accounts are not the one who runs this, so the
# files are readable and the folder is what keeps everybody else on this machine out.
set -eu
cd "$(dirname "$0")/.."
folder=${1:-${MUSTER_SECRETS:-.muster/compose}}

mkdir -p "$folder"
chmod 700 "$folder"
umask 022

missing() { [ ! -s "$folder/$1" ]; }

# Whole or not at all: a file cut short would lock everybody out.
put() { # put NAME: standard input becomes the file
    cat >"$folder/.$1.new"
    mv "$folder/.$1.new" "$folder/$1"
    echo "made $folder/$1"
}

for name in postgres-password redis-password; do
    if missing "$name"; then openssl rand -hex 32 | put "$name"; fi
done
if missing postgres-admin-url; then
    password=$(cat "$folder/postgres-password")
    echo "postgresql://postgres:$password@postgres:5432/postgres" | put postgres-admin-url
fi
if missing redis-url; then
    echo "redis://:$(cat "$folder/redis-password")@redis:6379/0" | put redis-url
fi

if missing tls-certificate || missing tls-key; then
    name=$(hostname)
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 365 -sha256 \
        -subj "/CN=$name" -addext "subjectAltName=DNS:$name,DNS:localhost,IP:127.0.0.1" \
        -keyout "$folder/.tls-key.new" -out "$folder/.tls-certificate.new" 2>/dev/null
    chmod 644 "$folder/.tls-key.new"
    mv "$folder/.tls-key.new" "$folder/tls-key"
    mv "$folder/.tls-certificate.new" "$folder/tls-certificate"
    echo "made $folder/tls-certificate for $name, signed by itself: put your authority's in its place"
fi
