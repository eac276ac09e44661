# What the scripts below share. They call `testground` alone, and cut out of its output what existing scripts do.
set -eu

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

# equal WHAT WANTED GOT
equal() {
  [ "$2" = "$3" ] || fail "$1: expected '$2', got '$3'"
}

# The IDs of the runs whose output is in a file, one a line.
queued() {
  awk '/run is queued with ID/ { print $10 }' "$1"
}

finished() {
  awk '/finished run with ID/ { print $9 }' "$1"
}

# outcome RUN_ID
outcome() {
  testground status -t "$1" | awk '/Outcome:/{ print $2 }'
}

# status_of COMMAND...: its exit status; what it prints goes to ./out
status_of() {
  code=0
  "$@" >out 2>err || code=$?
  echo "$code"
}

# outcomes_in FILE: the third column of a result file, in one line
outcomes_in() {
  tail -n +2 "$1" | awk -F, '{print $3}' | tr '\n' ' ' | sed 's/ $//'
}
