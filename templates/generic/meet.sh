#!/bin/sh
# A plan without an SDK: it passes when it exits with status 0. Its parameters are in its environment.
# `tg sync` lets it take part in the run as an SDK would: states, barriers, topics.
set -e
greeting=$(printf '%s' "$TEST_INSTANCE_PARAMS" | tr '|' '\n' | sed -n 's/^greeting=//p')

number=$(tg sync signal started --wait)
echo "I am number $number of $TEST_INSTANCE_COUNT"

tg sync publish greetings "$greeting from number $number" >"$TEST_OUTPUTS_PATH/published"
# Two steps, because a pipeline would hide a failure of the first command.
heard=$(tg sync subscribe greetings --count "$TEST_INSTANCE_COUNT")
printf '%s\n' "$heard" | sed 's/^/heard /'
