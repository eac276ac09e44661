# The case "meet" for a shell, by `tg sync`.
set -e
heard() {
  messages=$(tg sync subscribe hello --count "$TEST_INSTANCE_COUNT")
  words=$(printf '%s\n' "$messages" | sed 's/.*"From":"\([^"]*\)","Seq":\([0-9]*\).*/\1\/\2/' | tr '\n' ' ')
  tg sync event message "$1: ${words% }"
}
test "$TEST_CASE" = meet
tg sync event start
# SDKs do so when they begin, and the Rust crate waits until all have.
tg sync signal initialized_global >&2
number=$(tg sync signal met --wait)
tg sync publish hello "{\"From\":\"$TEST_GROUP_ID\",\"Seq\":$number}" --json >&2
tg sync barrier met
tg sync signal published --wait >&2
heard heard
heard 'heard again'
tg sync signal done --wait >&2
tg sync event success
