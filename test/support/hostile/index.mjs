// A hostile plan: puts something else than a file at every name that tg reads or writes. Its instances share the work:
// number i < kinds.length puts kinds[i] at each name in its own folder; the next three in the place of its outputs folder, of its
// folder for temporary files, and at the names in the run's folder. Without kinds it does nothing of that.
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { put } from './put.mjs';

const { kinds, instanceNames, runNames, canary } = JSON.parse(readFileSync('attack.json', 'utf8'));
const { TEST_OUTPUTS_PATH: outputs, TEST_TEMP_PATH: temp, TEST_INSTANCE_PARAMS: params } = process.env;
const turn = Number(/turn=(\d+)/.exec(params)[1]);
const index = Number(basename(outputs));

async function push() {
  const body = 'pushed value=1 1700000000000000000\n';
  await fetch(`${process.env.INFLUXDB_URL}/write?db=testground`, { method: 'POST', body }).catch(() => {});
}

async function attack() {
  const turned = (at) => kinds[(at + turn) % kinds.length];
  if (index < kinds.length)
    for (const name of instanceNames) await put(kinds[index], canary, join(outputs, name));
  if (index === kinds.length) await put(turned(0), canary, outputs);
  if (index === kinds.length + 1) await put(turned(0), canary, temp);
  if (index === kinds.length + 2)
    for (const [at, name] of runNames.entries()) await put(turned(at), canary, join(outputs, '../..', name));
}

console.log('said');
console.error('said');
await push();
if (kinds.length > 0) await attack();
await push();
console.log('said more');
process.exit(0);
