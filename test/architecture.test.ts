import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const src = fileURLToPath(new URL('../src', import.meta.url));

/** What the files of each room may import beside their own room: docs/architecture.md says the same. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  cli: ['library', 'report', 'metrics', 'history', 'run', 'build', 'plan', 'sync', 'outputs', 'values', '.'],
  library: ['history', 'run', 'build', 'plan', 'outputs', '.'],
  report: ['history', 'run', 'metrics', 'plan', 'outputs', 'values', '.'],
  history: ['run', 'outputs', 'sync', '.'],
  run: ['build', 'plan', 'sync', 'influx', 'metrics', 'outputs', 'values', '.'],
  metrics: ['plan/threshold.ts', 'influx', 'outputs', '.'],
  build: ['plan', '.'],
  influx: ['.'],
  plan: ['template', 'sync', 'values', '.'],
  template: ['.'],
  outputs: ['.'],
  sync: ['values', '.'],
  sdk: ['sync/protocol.ts', 'values'],
  values: [],
  '.': [],
};

function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/(?:from|import) ?\(?'(\.[^']+)'/g)].map(([, path = '']) =>
    relative(src, join(dirname(file), path)),
  );
}

function roomOf(path: string): string {
  return path.includes('/') ? (path.split('/')[0] ?? '') : '.';
}

const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) => /\.tsx?$/.test(name));

test.each(files)('%s imports from the rooms that it may', (file) => {
  const room = roomOf(file);
  const beyond = importsOf(join(src, file)).filter((path) => {
    const allowedHere = allowed[room] ?? [];
    return roomOf(path) !== room && !allowedHere.includes(roomOf(path)) && !allowedHere.includes(path);
  });
  expect(beyond).toEqual([]);
});

test('every room is in the table', () => {
  expect(Object.keys(allowed)).toEqual(expect.arrayContaining([...new Set(files.map(roomOf))]));
});

test.each(files.filter((name) => name.startsWith('report/page/')))(
  '%s, for a browser, imports nothing of Node',
  (file) => {
    const beyond = importsOf(join(src, file)).filter(
      (path) => !/^(?:report\/page\/|values\/|report\/data\.ts$)/.test(path),
    );
    expect(beyond).toEqual([]);
  },
);
