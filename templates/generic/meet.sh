#!/bin/sh
# A plan without an SDK. It passes if it exits with status 0, and finds its parameters in its environment.
# `tg sync` gives it the states, barriers and topics of the run, as an SDK would.
set -e
greeting=$(printf '%s' "$TEST_INSTANCE_PARAMS" | tr '|' '\n' | sed -n 's/^greeting=//p')

number=$(tg sync signal started --wait)
echo "I am number $number of $TEST_INSTANCE_COUNT"

tg sync publish greetings "$greeting from number $number" >"$TEST_OUTPUTS_PATH/published"
# Two commands, because a pipeline would hide a failure of the first one.
heard=$(tg sync subscribe greetings --count "$TEST_INSTANCE_COUNT")
printf '%s\n' "$heard" | sed 's/^/heard /'
