# One plan, run, collected, asked about.
. "$SUITE/lib.sh"

testground run single --plan=example --testcase=output --builder=exec:node --runner=local:exec \
  --instances=2 --collect --wait | tee run.out >/dev/null

id=$(queued run.out)
equal 'length of the run ID' 20 "${#id}"
equal 'the finished run' "$id" "$(finished run.out)"
equal 'outcome' success "$(outcome "$id")"
test -f "$id.tgz" || fail 'there is no archive'
grep -q "INFO.created file: $id.tgz" run.out || fail 'the archive is not named'
tar -xzf "$id.tgz"
equal 'instances in the archive' 2 "$(ls "./$id/"*/ | wc -l | tr -d ' ')"
test "$(wc -c <"$id/single/0/run.out")" -gt 0 || fail 'run.out is empty'
test "$(wc -c <"$id/single/0/run.err")" -eq 0 || fail 'run.err is not empty'

equal 'exit status of a failure' 1 "$(status_of testground run single -p example -t failure -b exec:node -r local:exec -i 1)"
equal 'outcome of a failure' failure "$(outcome "$(queued out)")"
equal 'exit status of an unknown run' 3 "$(status_of testground collect nope --runner local:exec)"

# The flags of the whole program, before and after the command.
testground -v --vv --endpoint http://localhost:8042 tasks | awk '/complete/ { print $1 }' | grep -q "$id" || fail 'tasks does not know the run'
testground logs -t "$id" | grep -q 'MESSAGE << single\[001\] >>' || fail 'logs say nothing'
testground logs --task "$id" --follow | grep -q 'OK << single\[000\] >>' || fail 'logs -f says nothing'
testground collect --runner local:exec -o again.tgz "$id"
test -f again.tgz || fail 'it was not collected again'
testground describe --plan example | grep -q 'This test plan is called "example".' || fail 'describe'
testground healthcheck --runner local:exec --fix | grep -q 'finished checking runner local:exec' || fail 'healthcheck'
testground terminate --runner local:exec | grep -q 'all jobs terminated' || fail 'terminate'
testground version | grep -q . || fail 'version'
