# Plans are made, imported, listed, removed.
. "$SUITE/lib.sh"

testground plan create --plan made --target generic >out
testground run single --plan made --testcase meet --builder exec:generic --runner local:exec --instances 3 --wait >run.out
equal 'outcome of a plan from a template' success "$(outcome "$(queued run.out)")"

mkdir -p many/one many/two
for name in one two; do
  sed "1s/.*/name = \"$name\"/" "$TESTGROUND_HOME/plans/made/manifest.toml" >"many/$name/manifest.toml"
  cp "$TESTGROUND_HOME/plans/made/meet.sh" "many/$name"
done
testground plan import --from ./many --name mine >out
grep -q '^imported plans:' out || fail 'import says nothing'
equal 'imported cases' 'mine/one meet mine/two meet' "$(grep '^mine/' out | tr '\n' ' ' | sed 's/ $//')"
testground plan list --testcases | grep -q '^mine/two *meet$' || fail 'list does not know it'
testground run single --plan=mine/two --testcase=meet --builder=exec:generic --runner=local:exec --instances=1 --wait >run.out
equal 'outcome of an imported plan' success "$(outcome "$(queued run.out)")"

equal 'exit status of a second import' 0 "$(status_of testground plan import --from ./many --name mine)"
testground plan rm --plan mine | grep -q 'pass --yes' || fail 'rm asks nothing'
testground plan rm --plan mine --yes >out
test -d many/one || fail 'what was imported is gone'
equal 'exit status of a plan that is gone' 2 "$(status_of testground describe --plan mine/one)"
