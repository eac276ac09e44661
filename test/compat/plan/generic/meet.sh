# A plan without any SDK.
echo "I am $TEST_GROUP_ID of $TEST_INSTANCE_COUNT, in $TEST_CASE"
echo "this goes to stderr" >/dev/stderr
echo "and this to stdout" >/dev/stdout
test "$TEST_CASE" != fail
