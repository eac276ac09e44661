// The loop of loop.c in Node, with file descriptors instead of pipes. loop.js <program> <count> <folder>
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';

const [program = '', count = '', folder = ''] = process.argv.slice(2);
for (let index = 0; index < Number(count); index++) {
  const outputs = join(folder, 'outputs', String(index));
  const temp = join(folder, 'temp', String(index));
  const work = join(temp, 'work');
  for (const dir of [outputs, temp, work]) mkdirSync(dir);
  const [out, err] = ['run.out', 'run.err'].map((name) => openSync(join(outputs, name), 'a'));
  spawn(program, [], { cwd: work, stdio: ['ignore', out, err], detached: true });
  closeSync(out);
  closeSync(err);
}
