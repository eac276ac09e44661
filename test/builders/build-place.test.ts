import { readdirSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { inItsPlace } from '../../src/builders/store/build-place.ts';
import { someHome } from '../support/build-in-process.ts';

const record = {
  command: ['true'] as [string],
  sdk: false,
  traits: { dialsByName: false, reopensStreams: false, stacksOnQuit: false },
  parts: ['plan/program'],
};

describe('inItsPlace', () => {
  test('returns nothing and keeps the artifact if another tg has completed it meanwhile', async () => {
    const home = await someHome();
    await using first = await inItsPlace(home, 'exec-generic--p-0123456789ab');
    const dir = first?.dir ?? '';
    await writeFile(join(dir, 'plan/program'), 'made first');
    await first?.complete(record, 'p');
    expect(await inItsPlace(home, 'exec-generic--p-0123456789ab')).toBeUndefined();
    expect(await readFile(join(dir, 'plan/program'), 'utf8')).toBe('made first');
    expect(readdirSync(home.work)).toEqual(['exec-generic--p-0123456789ab']);
  });

  test('returns an emptied folder if a killed tg left an incomplete artifact there', async () => {
    const home = await someHome();
    const left = join(home.work, 'exec-generic--p-0123456789ab');
    await mkdir(join(left, 'plan'), { recursive: true });
    await writeFile(join(left, 'plan/half'), '');
    await using place = await inItsPlace(home, 'exec-generic--p-0123456789ab');
    expect([place?.dir, readdirSync(join(left, 'plan'))]).toEqual([left, []]);
  });
});
