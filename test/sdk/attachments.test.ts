import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { attachedFiles, isAttachmentName } from '../../src/outputs/attachments/attached-files.ts';
import { instanceFiles } from '../../src/outputs/layout.ts';
import { Attachments, attachmentsFile } from '../../src/sdk/attachments.ts';
import { tempDir } from '../support/temp.ts';

test('writes texts, bytes and copies of files, and lists them with their types', async () => {
  const outputs = await tempDir();
  const source = join(await tempDir(), 'load.png');
  writeFileSync(source, 'picture');
  const attachments = new Attachments(outputs);
  attachments.add('history.json', '[]');
  attachments.add('plots/load.png', { file: source });
  attachments.add('trace', new Uint8Array([1, 2]), 'application/x-trace');
  attachments.add('history.json', '[1]', 'text/plain');
  expect(attachedFiles(outputs)).toEqual([
    { name: 'history.json', type: 'text/plain', bytes: 3 },
    { name: 'plots/load.png', type: '', bytes: 7 },
    { name: 'trace', type: 'application/x-trace', bytes: 2 },
  ]);
});

test('a file that is in the outputs already is listed as it is', async () => {
  const outputs = await tempDir();
  writeFileSync(join(outputs, 'a.txt'), 'here');
  new Attachments(outputs).add('a.txt', { file: join(outputs, 'a.txt') });
  expect(attachedFiles(outputs)).toEqual([{ name: 'a.txt', type: '', bytes: 4 }]);
});

test('writes nothing outside a run', () => {
  new Attachments('').add('a.txt', 'text');
  expect(existsSync('a.txt')).toBe(false);
});

test.each(['', '.', '..', '../a', '/a', 'a//b', 'a/', 'a/../b', '.hidden', 'a\\b', 'a\nb', 'x'.repeat(201)])(
  'refuses the name %j',
  async (name) => {
    const outputs = await tempDir();
    expect(() => new Attachments(outputs).add(name, 'text')).toThrow('must be a path in the outputs');
    expect(isAttachmentName(name)).toBe(false);
  },
);

test('refuses the names that tg uses, and a type that is none', async () => {
  const attachments = new Attachments(await tempDir());
  const used = Object.values(instanceFiles).filter((name) => !name.startsWith('.'));
  for (const name of [...used, `${instanceFiles.coverage}/a`])
    expect(() => attachments.add(name, 'text'), name).toThrow('is used by tg');
  expect(() => attachments.add('a', 'text', 'png')).toThrow('must be a media type');
  expect(instanceFiles.attachments).toBe(attachmentsFile);
});

test('property: what the SDK accepts is an attachment in the outputs, and nothing else is', async () => {
  const name = fc.oneof(
    fc.string({ maxLength: 12 }),
    fc
      .array(fc.constantFrom('a', '.', '..', '', 'run.out', 'b.png', 'é'), { maxLength: 4 })
      .map((parts) => parts.join('/')),
  );
  const outputs = await tempDir();
  fc.assert(
    fc.property(name, (some) => {
      const isName = isAttachmentName(some);
      const add = () => new Attachments('').add(some, 'text');
      if (isName) add();
      else expect(add).toThrow('attachment');
      if (isName) expect(join(outputs, some).startsWith(`${outputs}/`)).toBe(true);
    }),
  );
});

test('a list that a plan has tampered with names only files in its outputs', async () => {
  const dir = await tempDir();
  const elsewhere = await tempDir();
  writeFileSync(join(elsewhere, 'secret.txt'), 'secret');
  symlinkSync(elsewhere, join(dir, 'linked'));
  symlinkSync(join(elsewhere, 'secret.txt'), join(dir, 'link.txt'));
  mkdirSync(join(dir, 'folder'));
  writeFileSync(join(dir, 'real.txt'), 'real');
  const names = ['../x', 'linked/secret.txt', 'link.txt', 'folder', 'missing', 'run.out', 'real.txt'];
  const lines = names.map((name) => JSON.stringify({ name, type: '"><script>' }));
  writeFileSync(join(dir, attachmentsFile), `nonsense\n[]\n{"name":1}\n${lines.join('\n')}\n`);
  expect(attachedFiles(dir)).toEqual([{ name: 'real.txt', type: '', bytes: 4 }]);
  expect(readFileSync(join(elsewhere, 'secret.txt'), 'utf8')).toBe('secret');
});
