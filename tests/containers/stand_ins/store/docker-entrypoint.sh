#!/bin/bash
# What the official image's start script does, as far as the compose files rely on it: settings by environment, the
# password of `elastic` from a file of mode 400 or 600, kept in the keystore. Any other command is run as it is.
set -euo pipefail
cd /usr/share/elasticsearch

[ "${1:-}" = eswrapper ] || exec "$@"

if [ -n "${ELASTIC_PASSWORD_FILE:-}" ]; then
    mode=$(stat -L -c %a "$ELASTIC_PASSWORD_FILE")
    case $mode in 400 | 600) ;; *) echo "ERROR: File permissions of $ELASTIC_PASSWORD_FILE must be 400 or 600, not $mode" >&2; exit 1 ;; esac
    ELASTIC_PASSWORD=$(cat "$ELASTIC_PASSWORD_FILE")
fi
if [ -n "${ELASTIC_PASSWORD:-}" ]; then
    [ -f config/elasticsearch.keystore ] || elasticsearch-keystore create > /dev/null
    elasticsearch-keystore list | grep -qx bootstrap.password || printf '%s\n' "$ELASTIC_PASSWORD" | elasticsearch-keystore add -x bootstrap.password
fi

settings=(-Enetwork.host=0.0.0.0 -Ecluster.max_shards_per_node=20000)
while IFS== read -r -d '' name value; do
    # The official script takes lower-case names with a dot for settings; these belong to modules the test build lacks.
    case $name in
        xpack.ml.* | ingest.geoip.* | xpack.license.*) continue ;;
        [a-z]*.*) settings+=("-E$name=$value") ;;
    esac
done < <(env -0)
exec elasticsearch "${settings[@]}"
