# Several runs of one composition.
. "$SUITE/lib.sh"

cat >happy.toml <<'TOML'
[metadata]
name = "runs"

[global]
plan = "example"
case = "output"
builder = "exec:node"
runner = "local:exec"

[[groups]]
id = "simple"
instances = { count = 1 }

[[runs]]
id = "run_1"

[[runs.groups]]
id = "simple"

[[runs]]
id = "run_2"

[[runs.groups]]
id = "simple"

[[runs.groups]]
id = "another"
group_id = "simple"

[[runs]]
id = "run_4"

[[runs.groups]]
id = "simple"
instances = { count = 4 }
TOML

testground run composition -f happy.toml --run-ids=run_4 --collect --wait | tee run.out >/dev/null
id=$(queued run.out)
tar -xzf "$id.tgz"
equal 'instances of one run' 4 "$(ls "./$id/"*/ | wc -l | tr -d ' ')"

testground run composition -f happy.toml --collect --result-file=./results.csv --wait | tee run.out >/dev/null
equal 'outcomes of all' 'success success success' "$(outcomes_in results.csv)"
equal 'the head of the results' 'run_id,task_id,outcome,error' "$(head -1 results.csv)"
index=0
for id in $(queued run.out); do
  index=$((index + 1))
  equal "outcome of run $index" success "$(outcome "$id")"
  name=$(awk -F, -v id="$id" '$2 == id { print $1 }' results.csv)
  test -f "multiple-$name-$id.tgz" || fail "there is no archive of $name"
done
equal 'runs' 3 "$index"

testground run composition -f happy.toml --run-ids run_1,run_2 --collect-file mine >run.out
equal 'archives of that name' 2 "$(ls mine-run_[12]-????????????????????.tgz | wc -l | tr -d ' ')"

# One that fails ends none of the others.
sed -e 's/^case = .*/case = "params"/' -e 's/^id = "run_2"/id = "run_2"\ntest_params = { param2 = "nothing" }/' happy.toml >broken.toml
equal 'exit status of a parameter that does not fit' 2 "$(status_of testground run composition -f broken.toml --strict)"
sed -e 's/^case = .*/case = "failure"/' happy.toml >failing.toml
equal 'exit status of failures' 1 "$(status_of testground run composition -f failing.toml --result-file results.csv --wait)"
equal 'outcomes of failures' 'failure failure failure' "$(outcomes_in results.csv)"

# A broken build cancels all of them.
sed -e 's/^id = "simple"$/&\nbuild_config = { entry = "missing.ts" }/;t' happy.toml | awk '/build_config/ && seen++ { next } { print }' >unbuilt.toml
equal 'exit status of a broken build' 4 "$(status_of testground run composition -f unbuilt.toml --collect --result-file=./results.csv --wait)"
equal 'outcomes after a broken build' 'canceled canceled canceled' "$(outcomes_in results.csv)"
equal 'outcome of the run that was begun' canceled "$(outcome "$(queued out)")"
