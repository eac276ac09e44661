// Reduces the declarations emitted by tsc to those that programs and plans see: everything reachable from the
// exports of dist/library and dist/sdk.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { root } from './parts.js';

const dist = join(root, 'dist');
const seen = new Set();
for (const entry of ['library/index.d.ts', 'sdk/index.d.ts']) look(join(dist, entry));
for (const name of readdirSync(dist, { recursive: true }))
  if (name.endsWith('.d.ts') && !seen.has(join(dist, name))) rmSync(join(dist, name));

function look(file) {
  if (seen.has(file)) return;
  seen.add(file);
  for (const [, path] of readFileSync(file, 'utf8').matchAll(/\b(?:from |import\()['"](\.[^'"]+)\.ts['"]/g))
    look(resolve(dirname(file), `${path}.d.ts`));
}
