#!/bin/sh
# A plan without an SDK: it passes when it exits with status 0. What it was given is in its environment.
greeting=$(printf '%s' "$TEST_INSTANCE_PARAMS" | tr '|' '\n' | sed -n 's/^greeting=//p')
echo "$greeting from an instance of group $TEST_GROUP_ID, one of $TEST_INSTANCE_COUNT"
echo "the sync service is at $SYNC_SERVICE_HOST:$SYNC_SERVICE_PORT, outputs go to $TEST_OUTPUTS_PATH"
