import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { packToFile } from '../../src/outputs/archive/archive.ts';
import { instanceFiles } from '../../src/outputs/layout.ts';
import { describeWith } from '../support/needs.ts';
import { tempDir } from '../support/temp.ts';
import { walk } from '../support/walk.ts';

interface Node {
  readonly kind: 'file' | 'link' | 'folder';
  readonly name: string;
  readonly text: string;
  readonly below: readonly Node[];
}

/** Few names, so that links have targets. */
const name = fc.constantFrom('a', 'b', 'c', instanceFiles.out, instanceFiles.capturedOut);
const step = fc.oneof(name, fc.constantFrom('..', '.', '', 'nothing'));
const target = fc
  .tuple(fc.constantFrom('', '', '', '', '/'), fc.array(step, { minLength: 1, maxLength: 5 }))
  .map(([root, steps]) => `${root}${steps.join('/')}` || '.');
const { tree } = fc.letrec<{ tree: readonly Node[]; node: Node }>((tie) => ({
  node: fc.oneof(
    { depthSize: 'small' },
    fc.record({ kind: fc.constant('file' as const), name, text: fc.string(), below: fc.constant([]) }),
    fc.record({ kind: fc.constant('link' as const), name, text: target, below: fc.constant([]) }),
    fc.record({
      kind: fc.constant('folder' as const),
      name,
      text: fc.constant(''),
      below: tie('tree') as fc.Arbitrary<readonly Node[]>,
    }),
  ),
  tree: fc.uniqueArray(tie('node') as fc.Arbitrary<Node>, {
    selector: (node) => node.name,
    maxLength: 5,
  }),
}));

function make(dir: string, nodes: readonly Node[]): void {
  for (const node of nodes) {
    const path = join(dir, node.name);
    if (node.kind === 'file') writeFileSync(path, node.text);
    else if (node.kind === 'link') symlinkSync(node.text, path);
    else {
      mkdirSync(path);
      make(path, node.below);
    }
  }
}

/**
 * Packs a tree as the folder of a run, two levels below a temporary folder, so that `..` leads to folders of the test.
 */
async function packed(nodes: readonly Node[]) {
  const dir = await tempDir();
  const runDir = join(dir, 'runs', 'run');
  mkdirSync(runDir, { recursive: true });
  make(runDir, nodes);
  const file = join(dir, 'run.tgz');
  const options = { signal: new AbortController().signal, deterministic: true };
  const leftOut = await packToFile(runDir, file, options);
  return { dir, runDir, file, leftOut: leftOut.map(({ path }) => path) };
}

function unpacked(dir: string, file: string, program: readonly [string, ...string[]]): string {
  const into = join(dir, 'unpacked', 'here');
  mkdirSync(into, { recursive: true });
  const [command, ...args] = program;
  execFileSync(command, [...args, file], { cwd: into });
  return into;
}

const python = 'import sys, tarfile; tarfile.open(sys.argv[1]).extractall(filter="data")';
/** Unpacks archives with a program. Python refuses entries that it considers dangerous, and is slow to start. */
function unpacksRight(name: string, numRuns: number, program: readonly [string, ...string[]]): void {
  test.each([name])('unpacks with %s to the same files, without a link that leads out', async () => {
    await fc.assert(
      fc.asyncProperty(tree, async (nodes) => {
        const { dir, runDir, file, leftOut } = await packed(nodes);
        const into = unpacked(dir, file, program);
        expect(readdirSync(into)).toEqual(['run']);
        expect(readdirSync(join(dir, 'unpacked'))).toEqual(['here']);
        const names = walk(join(into, 'run'));
        for (const place of names) {
          const [there, here] = [join(into, 'run', place), join(runDir, place)];
          if (lstatSync(there).isSymbolicLink()) {
            expect(readlinkSync(there)).toBe(readlinkSync(here));
            expect(contained(into, there)).toBe(true);
          } else if (lstatSync(there).isFile() && !place.endsWith(instanceFiles.out))
            expect(readFileSync(there, 'utf8')).toBe(readFileSync(here, 'utf8'));
        }
        // A captured file is packed under the name of the final one.
        const wanted = walk(runDir)
          .filter((place) => lstatSync(join(runDir, place)).isFile())
          .map((place) =>
            basename(place) === instanceFiles.capturedOut ? join(dirname(place), instanceFiles.out) : place,
          );
        const isLeftOut = (place: string) => leftOut.some((left) => `${place}/`.startsWith(`${left}/`));
        const lost = wanted.filter((place) => !names.includes(place) && !isLeftOut(place));
        expect(lost).toEqual([]);
      }),
      { numRuns },
    );
  });
}

describe('property: an archive of any tree of files, folders and links', () => {
  unpacksRight('tar', 60, ['tar', 'xzf']);
});

describeWith('python3', 'property: an archive of any tree of files, folders and links', () => {
  unpacksRight('python3', 8, ['python3', '-c', python]);
});

test('packs without setuid, setgid and sticky bits, and makes folders writable for their owner', async () => {
  const below = [{ kind: 'file', name: 'a', text: 'x', below: [] }] as const;
  const { dir, runDir } = await packed([{ kind: 'folder', name: 'b', text: '', below }]);
  chmodSync(join(runDir, 'b', 'a'), 0o6755);
  chmodSync(join(runDir, 'b'), 0o1555);
  const file = join(dir, 'again.tgz');
  await packToFile(runDir, file, { signal: new AbortController().signal, deterministic: true });
  const modes = execFileSync('tar', ['tvzf', file], { encoding: 'utf8' });
  expect(modes).toMatch(/^drwxr-xr-x .* run\/b\/$/m);
  expect(modes).toMatch(/^-rwxr-xr-x .* run\/b\/a$/m);
  chmodSync(join(runDir, 'b'), 0o755);
});

test('leaves out partial files and the heartbeat of tg, and packs files of a plan with such names', async () => {
  const mark = '4711-123-0123abcd-4567cdef-89ef.partial';
  const file = (name: string): Node => ({ kind: 'file', name, text: 'x', below: [] });
  const names = [`.result.json.${mark}`, '.heartbeat', 'x.partial', '.x.partial', `x.${mark}`].map(file);
  const instance: Node = { kind: 'folder', name: 'b', text: '', below: [file(`.run.out.${mark}`)] };
  const { dir, file: archive, leftOut } = await packed([...names, instance]);
  expect(leftOut).toEqual([]);
  expect(walk(join(unpacked(dir, archive, ['tar', 'xzf']), 'run')).toSorted()).toEqual(
    ['.x.partial', 'b', `b/.run.out.${mark}`, 'x.partial', `x.${mark}`].toSorted(),
  );
});

/** Whether a link leads to nothing, or to something below a folder. */
function contained(folder: string, link: string): boolean {
  try {
    return `${realpathSync(link)}/`.startsWith(`${realpathSync(folder)}/`);
  } catch {
    return true;
  }
}

describe('a link', () => {
  const link = (at: string, text: string): Node => ({ kind: 'link', name: at, text, below: [] });
  const folder = (at: string, below: readonly Node[]): Node => ({
    kind: 'folder',
    name: at,
    text: '',
    below,
  });

  test.each([
    ['through a link that leads up', [link('root', 'a/..'), link('x', 'root/../etc/passwd')], ['x']],
    [
      'through a link to the folder of the run, and up',
      [folder('a', [link('root', '..'), link('x', 'root/../y')])],
      ['a/x'],
    ],
    ['through a link that leads out', [link('out', '..'), link('x', 'out/run/y')], ['out', 'x']],
    ['through a link with an absolute path', [link('out', '/'), link('x', 'out')], ['out', 'x']],
    ['in a circle', [link('x', 'y'), link('y', 'x')], ['x', 'y']],
    ['out and back in', [link('x', '../run/y')], ['x']],
    ['through a missing folder, and up', [link('x', 'nothing/../../y')], ['x']],
  ])('is left out if it leads %s', async (_, nodes, left) => {
    const { leftOut } = await packed(nodes);
    expect(leftOut.toSorted()).toEqual(left);
  });

  test('is kept if it leads through other links and stays inside', async () => {
    const nodes = [folder('a', [link('up', '..')]), link('x', 'a/up/a/up/y'), link('self', '.')];
    expect((await packed(nodes)).leftOut).toEqual([]);
  });

  test('gives way to captured output that is packed under its name', async () => {
    const said = { kind: 'file', name: instanceFiles.capturedOut, text: 'said', below: [] } as const;
    const { dir, file, leftOut } = await packed([said, link(instanceFiles.out, 'x')]);
    expect(leftOut).toEqual([instanceFiles.out]);
    const into = unpacked(dir, file, ['tar', 'xzf']);
    expect(readFileSync(join(into, 'run', instanceFiles.out), 'utf8')).toBe('said');
  });
});
