import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, symlinkSync, writeFileSync, writeSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Fault, firstOnly, pass } from './misbehaving.ts';

function writeAll(bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(1, bytes, at);
}

/** Things that a hostile instance puts in the place of its output files. */
const substitutes: readonly ((path: string) => void)[] = [
  (path) => execFileSync('mkfifo', [path]),
  (path) => mkdirSync(path),
  (path) => symlinkSync('/dev/zero', path),
  (path) => symlinkSync(basename(path), path),
  (path) => writeFileSync(path, 'not its output\n'),
];

/** Replaces every file in which tg keeps the output of an instance. */
function replaceOutput(outputs: string, turn: number): void {
  for (const [at, name] of [
    '.run.out.captured',
    '.run.err.captured',
    'run.out',
    'metrics.lp',
    'results.out',
  ].entries()) {
    const path = join(outputs, name);
    rmSync(path, { recursive: true, force: true });
    substitutes[(turn + at) % substitutes.length]?.(path);
  }
}

/** Test cases whose output is not short lines of text. */
export const output = {
  /** Writes 20 MB at once, far more than a pipe holds. */
  'fills-its-pipe': firstOnly((runenv) => {
    writeAll(Buffer.from(`${'x'.repeat(999)}\n`.repeat(20_000)));
    pass(runenv);
  }),

  /** Writes a line of 100 MB. */
  'long-line': firstOnly((runenv) => {
    const piece = Buffer.alloc(1_000_000, 'x');
    for (let count = 0; count < 100; count++) writeAll(piece);
    writeAll(Buffer.from('\n'));
    pass(runenv);
  }),

  'invalid-utf8': firstOnly((runenv) => {
    writeAll(Buffer.from([0xff, 0xfe, 0xc3, 0x28, 0x0a]));
    pass(runenv);
  }),

  'nul-bytes': firstOnly((runenv) => {
    writeAll(Buffer.from('a\0b\n\0\0\n'));
    pass(runenv);
  }),

  /** Reports success, then writes a line without a line end. */
  'half-line': firstOnly((runenv) => {
    runenv.recordSuccess();
    writeAll(Buffer.from('and then'));
    process.exit(0);
  }),

  /** Writes half an event and nothing else. */
  'half-event': firstOnly(() => {
    writeAll(Buffer.from('{"ts":1,"event":{"success_event":{"gro'));
    process.exit(0);
  }),

  /** Closes its stdout without reporting how it ended. Later output goes to stderr only. */
  'closes-stdout': firstOnly(() => {
    writeAll(Buffer.from('the last word\n'));
    closeSync(1);
    writeSync(2, 'still there\n');
    process.exit(0);
  }),

  /**
   * Prints numbered lines, records their number in a file, and ends as its entry in the parameter `endings` says: pass,
   * fail, exit, kill, silent or hostile, separated by commas.
   */
  numbered: async (runenv) => {
    const count = runenv.intParam('lines');
    const endings = runenv.stringParam('endings').split(',');
    const index = Number(basename(runenv.params.testOutputsPath));
    const noted = openSync(join(runenv.params.testOutputsPath, 'said'), 'w');
    for (let number = 0; number < count; number++) {
      writeAll(Buffer.from(`line ${number} ${'x'.repeat(number % 300)}\n`));
      writeSync(noted, String(number + 1).padStart(9), 0);
      if (number % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const ending = endings[index % endings.length];
    if (ending === 'pass') pass(runenv);
    if (ending === 'hostile') {
      replaceOutput(runenv.params.testOutputsPath, index);
      pass(runenv);
    }
    if (ending === 'fail') runenv.recordFailure(new Error('intended failure'));
    if (ending === 'kill') process.kill(process.pid, 'SIGKILL');
    process.exit(ending === 'silent' ? 0 : 3);
  },

  /** Writes numbered lines as fast as it can until it is ended. */
  floods: firstOnly(() => {
    for (let number = 0; ; number++) writeAll(Buffer.from(`${number} ${'x'.repeat(1_000)}\n`));
  }),
} satisfies Record<string, Fault>;
