import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { finalizeInstance } from '../../src/outputs/finalize.ts';
import { instanceFiles } from '../../src/outputs/layout.ts';
import { Tail } from '../../src/outputs/tail.ts';
import { readComposition } from '../../src/plan/composition/read.ts';
import { runsOf } from '../../src/plan/composition/runs.ts';
import { readManifest } from '../../src/plan/manifest/manifest.ts';
import { manifestFile } from '../../src/plan/manifest/manifest-file.ts';
import { lineEvent } from '../../src/run/events/line-event.ts';
import { judgeInstance } from '../../src/run/verdict/judge-instance.ts';
import { ObservationStore } from '../../src/run/verdict/observations.ts';
import { TgError } from '../../src/util/errors.ts';
import { tempDir } from '../support/temp.ts';
import { root } from '../support/tg.ts';
import { Chance, fuzzRounds, fuzzSeed } from './random.ts';

const rounds = fuzzRounds(400, 10_000);

function read(...paths: readonly string[]): Buffer[] {
  return paths.map((path) => readFileSync(join(root, path)));
}

const tomlPieces = [
  '[',
  ']',
  '[[',
  ']]',
  '=',
  '"',
  "'",
  '"""',
  '{',
  '}',
  '{{',
  '}}',
  '{{ range . }}',
  '\n',
  '#',
  '1e999',
  '0x',
  '\0',
  'true',
  '.',
  ',',
  'é',
];

/** Reads mutants of files: each must be read, or refused with a TgError. Both must occur. */
async function readMutants(
  originals: readonly Buffer[],
  file: string,
  look: (dir: string) => Promise<unknown>,
): Promise<void> {
  const chance = new Chance(fuzzSeed());
  const dir = await tempDir();
  let [read, refused] = [0, 0];
  for (let round = 0; round < rounds; round++) {
    const mutant = chance.mutate(chance.of(originals), tomlPieces);
    writeFileSync(join(dir, file), mutant);
    try {
      await look(dir);
      read++;
    } catch (error) {
      if (!(error instanceof TgError))
        throw new Error(`in round ${round}: ${JSON.stringify(mutant.toString('latin1'))}`, { cause: error });
      expect(error.describe()).toContain(file);
      refused++;
    }
  }
  expect(read + refused).toBe(rounds);
  expect(Math.min(read, refused)).toBeGreaterThan(0);
}

test(`${rounds} mutants of manifests are read, or refused with an expected error`, async () => {
  const originals = read(
    'plans/example/manifest.toml',
    'plans/faults/manifest.toml',
    'test/compat/plan/manifest.toml',
  );
  await readMutants(originals, manifestFile, (dir) => readManifest(dir));
}, 900_000);

test(`${rounds} mutants of compositions are read, or refused with an expected error`, async () => {
  const originals = read('test/compat/go-and-js.toml', 'test/compat/mixed.toml');
  await readMutants(originals, 'c.toml', async (dir) =>
    runsOf(await readComposition(join(dir, 'c.toml'), { SET: 'x' })),
  );
}, 900_000);

const newline = Buffer.from('\n');

test(`${rounds} mutants of run.out are followed, judged and finalized without the loss of a byte`, async () => {
  const folder = join(root, 'test', 'golden', 'run-out');
  const originals = readdirSync(folder).map((name) => readFileSync(join(folder, name)));
  const eventPieces = [
    '{',
    '}',
    '"event"',
    '"success_event":{}',
    '"failure_event":null',
    '"ts":',
    '1e400',
    '\n',
    '\r',
    '\0',
    '"',
    '\\',
    '[',
    'null',
  ];
  const chance = new Chance(fuzzSeed());
  const dir = await tempDir();
  const instance = { group: 'g', index: 0 };
  for (let round = 0; round < rounds; round++) {
    const place = join(dir, 'place');
    await rm(place, { recursive: true, force: true });
    await mkdir(place);
    const mutant = chance.mutate(chance.of(originals), eventPieces);
    const captured = join(place, instanceFiles.capturedOut);
    writeFileSync(captured, mutant);
    // In every third round, the SDK has written a run.out of its own.
    if (round % 3 === 0) writeFileSync(join(place, instanceFiles.out), chance.mutate(mutant, eventPieces));
    const facts = new ObservationStore();
    const lines: Buffer[] = [];
    {
      using tail = new Tail(captured, (line) => {
        lines.push(Buffer.from(line.bytes));
        facts.learn(lineEvent(instance, 'stdout', line, 0));
      });
      while (tail.readMore(1 + chance.below(4_000)) > 0);
      tail.finish();
    }
    const isEnded = mutant.length === 0 || mutant.at(-1) === 0x0a;
    const followed = Buffer.concat(lines.flatMap((line) => [line, newline]));
    expect(followed.equals(isEnded ? mutant : Buffer.concat([mutant, newline]))).toBe(true);
    judgeInstance(facts.of(instance), true);
    await finalizeInstance(place);
    const finalized = readFileSync(join(place, instanceFiles.out));
    expect(finalized.subarray(0, mutant.length).equals(mutant)).toBe(true);
  }
}, 900_000);
