import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { firstOnly, pass } from './misbehaving.ts';

/** Test cases that leave unusual files in the outputs of an instance. */
export const files = {
  /** Leaves a pipe, a socket, and links, some of which lead out of the outputs. */
  'odd-files': firstOnly(async (runenv) => {
    const dir = runenv.params.testOutputsPath;
    writeFileSync(join(dir, 'plain.txt'), 'plain\n');
    symlinkSync('plain.txt', join(dir, 'link-inside'));
    symlinkSync('/etc/passwd', join(dir, 'link-outside'));
    symlinkSync('../../../../../..', join(dir, 'link-up'));
    symlinkSync('nowhere', join(dir, 'link-to-nothing'));
    execFileSync('mkfifo', [join(dir, 'fifo')]);
    await new Promise<void>((resolve) => {
      createServer().listen(join(dir, 'socket'), resolve);
    });
    // Closing a socket would remove its file.
    process.kill(process.pid, 'SIGKILL');
  }),

  /** Leaves files and folders with unusual names. */
  'odd-names': firstOnly((runenv) => {
    const dir = runenv.params.testOutputsPath;
    for (const name of ['two\nlines', 'x'.repeat(255), 'ä'.repeat(127), ' ', '-rf', 'a\\b', '\u0007bell'])
      writeFileSync(join(dir, name), name);
    mkdirSync(join(dir, 'd'.repeat(255), 'e'.repeat(255)), { recursive: true });
    writeFileSync(join(dir, 'd'.repeat(255), 'e'.repeat(255), 'deep'), 'deep');
    pass(runenv);
  }),

  /** Leaves a file that grows until the instance is ended. */
  grows: firstOnly((runenv) => {
    const file = join(runenv.params.testOutputsPath, 'grows.txt');
    runenv.recordMessage('growing');
    spawn('sh', ['-c', 'while :; do echo 0123456789; done >>"$1"', 'sh', file], { stdio: 'ignore' });
    setInterval(() => {}, 1_000);
  }),
};
