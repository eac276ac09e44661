# Scripts start a daemon, wait for its port, and end it.
. "$SUITE/lib.sh"

mkdir -p "$TESTGROUND_HOME"
printf '[daemon]\nlisten = "127.0.0.1:%s"\n[client]\nendpoint = "http://localhost:%s"\n[runners."local:docker"]\ndisabled = true\n' \
  "$FREE_PORT" "$FREE_PORT" >"$TESTGROUND_HOME/.env.toml"
testground daemon >daemon.out 2>&1 &
daemon=$!
trap 'kill -15 "$daemon" 2>/dev/null || true' EXIT
until grep -q Listening daemon.out; do
  kill -0 "$daemon" || fail 'the daemon has ended'
done
node -e "require('http').get('http://127.0.0.1:$FREE_PORT/', (response) => process.exit(response.statusCode === 200 ? 0 : 1)).on('error', () => process.exit(1))" ||
  fail 'nobody answers'
kill -15 "$daemon"
wait "$daemon" || fail 'a daemon that is ended has failed'

# A runner that the home disables: the run is on record, and canceled.
equal 'exit status of a disabled runner' 2 "$(status_of testground run single -p example -t output -b docker:node -r local:docker -i 1 --wait)"
equal 'its outcome' canceled "$(outcome "$(queued out)")"
