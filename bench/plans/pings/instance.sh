# One group takes the time of signal entries; the other prints $RATE lines a second until it is ended. PROGRAMS has both.
if [ "$TEST_GROUP_ID" = pings ]; then
  "$PROGRAMS/load" signal "$SYNC_SERVICE_HOST:$SYNC_SERVICE_PORT" 1 "$ENTRIES" > "$TEST_OUTPUTS_PATH/figures.json" &&
    echo '{"ts":0,"msg":"","group_id":"pings","run_id":"","event":{"success_event":{"group":"pings"}}}'
  exit
fi
[ "$RATE" = 0 ] && exec sleep 1000
exec "$PROGRAMS/flood" 1000000 "$RATE"
