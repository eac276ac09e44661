# What is built is used again, by its key.
. "$SUITE/lib.sh"

testground build single --plan example --builder exec:node --wait | tee build.out >/dev/null
artifact=$(awk -F\" '/generated build artifact/ {print $8}' build.out)
test -n "$artifact" || fail 'there is no artifact'
testground run single --plan example --testcase output --builder exec:node --runner local:exec --instances 1 \
  --use-build "$artifact" --wait >run.out
grep -q 'using an earlier build' run.out || fail 'it was built again'

cat >composition.toml <<'TOML'
[metadata]
name = "artifacts"

[global]
plan = "example"
case = "output"
builder = "exec:node"
runner = "local:exec"

[[groups]]
id = "one"
instances = { count = 1 }
TOML
testground build composition -f composition.toml -w --wait >out
grep -q "artifact = \"$artifact\"" composition.toml || fail 'the artifact was not written'
testground run composition -f composition.toml --wait >run.out
grep -q 'using an earlier build' run.out || fail 'it was built again'
testground run composition -f composition.toml --ignore-artifacts --write-artifacts >run.out
grep -q 'performing build for groups' run.out || fail 'it was not built'
testground build purge -p example -b exec:node | grep -q 'finished purging testplan example for builder exec:node' || fail 'purge'
