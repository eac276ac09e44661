# The group pings measures signal entries. The other group prints $RATE lines a second until tg ends it.
# PROGRAMS is the folder of both programs.
if [ "$TEST_GROUP_ID" = pings ]; then
  "$PROGRAMS/load" signal "$SYNC_SERVICE_HOST:$SYNC_SERVICE_PORT" 1 "$ENTRIES" > "$TEST_OUTPUTS_PATH/figures.json" &&
    echo '{"ts":0,"msg":"","group_id":"pings","run_id":"","event":{"success_event":{"group":"pings"}}}'
  exit
fi
[ "$RATE" = 0 ] && exec sleep 1000
exec "$PROGRAMS/flood" 1000000 "$RATE"
