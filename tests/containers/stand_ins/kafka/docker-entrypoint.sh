#!/bin/bash
# What the official image's start script does, as far as the compose file relies on it: KAFKA_NODE_ID is node.id. Any
# other command is run as it is.
set -euo pipefail
[ "${1:-}" = broker ] || exec "$@"

properties=/opt/kafka/server.properties
echo "log.dirs=/opt/kafka/data" > $properties
while IFS== read -r -d '' name value; do
    case $name in
        KAFKA_HEAP_OPTS) ;;
        KAFKA_*) name=${name#KAFKA_}; name=${name//_/.}; echo "${name,,}=$value" >> $properties ;;
    esac
done < <(env -0)
java -cp '/opt/kafka/libs/*' kafka.tools.StorageTool format -t 4L6g3nShT-eMCtK--X86sw -c $properties > /dev/null
exec java ${KAFKA_HEAP_OPTS:-} -cp '/opt/kafka/libs/*' kafka.Kafka $properties
