import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findAttachments } from '../../src/outputs/attachments/attachments.ts';
import { folderWith, tempDir } from '../support/temp.ts';

const rule = (pattern: string, type?: string) => ({ pattern, type });
const instances = [
  { group: 'g', index: 0 },
  { group: 'g', index: 1 },
];

test('finds what SDKs have listed, then what matches a rule, with the type of the first', async () => {
  const run = await folderWith({
    'g/0/attachments.out': '{"name":"b.bin","type":"text/plain"}\n',
    ...{ 'g/0/b.bin': '1', 'g/0/plots/x.png': '22', 'g/0/run.out': 'no', 'g/0/deep/er/c.txt': '333' },
    ...{ 'g/1/trace.dat': '4444', 'g/1/.hidden.png': 'no' },
  });
  const rules = [rule('**/*.png'), rule('trace.*', 'text/x-trace'), rule('**', 'text/csv')];
  const { attachments, more_attachments } = await findAttachments(run, instances, rules);
  expect(more_attachments).toBe(0);
  expect(attachments).toEqual([
    { group: 'g', index: 0, name: 'b.bin', type: 'text/plain', bytes: 1 },
    { group: 'g', index: 0, name: 'deep/er/c.txt', type: 'text/csv', bytes: 3 },
    { group: 'g', index: 0, name: 'plots/x.png', type: 'image/png', bytes: 2 },
    { group: 'g', index: 1, name: 'trace.dat', type: 'text/x-trace', bytes: 4 },
  ]);
});

test('a rule follows no link', async () => {
  const run = await tempDir();
  const elsewhere = await folderWith({ 'a.txt': 'secret' });
  mkdirSync(join(run, 'g', '0'), { recursive: true });
  symlinkSync(elsewhere, join(run, 'g', '0', 'linked'));
  symlinkSync(join(elsewhere, 'a.txt'), join(run, 'g', '0', 'b.txt'));
  symlinkSync(elsewhere, join(run, 'g', '1'));
  expect((await findAttachments(run, instances, [rule('**')])).attachments).toEqual([]);
});

test('lists at most 100 attachments of an instance and 500 of a run, and counts the others', async () => {
  const run = await tempDir();
  const many = Array.from({ length: 7 }, (_, index) => ({ group: 'g', index }));
  for (const { index } of many) {
    mkdirSync(join(run, 'g', String(index)), { recursive: true });
    for (let file = 0; file < 110; file++) writeFileSync(join(run, 'g', String(index), `${file}.txt`), '');
  }
  const { attachments, more_attachments } = await findAttachments(run, many, [rule('*.txt')]);
  // Of 770: each instance has ten more than are listed of it, and two instances are beyond the limit of the run.
  expect([attachments.length, more_attachments]).toEqual([500, 270]);
});
