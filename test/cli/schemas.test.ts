import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { schemas } from '../../src/cli/commands/schemas.ts';
import { root } from '../support/tg.ts';

test.each(Object.entries(schemas))('schemas/%s.schema.json equals the schema in the source', (name, make) => {
  const file = join(root, 'schemas', `${name}.schema.json`);
  const text = `${JSON.stringify(make(), null, 2)}\n`;
  if (process.env['TG_TEST_RECORD']) writeFileSync(file, text);
  expect(readFileSync(file, 'utf8')).toBe(text);
});

/** The schemas of files that people write. */
const ofFiles = Object.entries(schemas).filter(([name]) => ['manifest', 'composition'].includes(name));

test.each(ofFiles)('all keys of %s are lower case, which plan/files/check.ts relies on', (_, make) => {
  const keys: string[] = [];
  JSON.stringify(make(), (_key, value) => {
    keys.push(...Object.keys(value?.properties ?? {}));
    return value;
  });
  expect(keys.length).toBeGreaterThan(20);
  expect(keys.filter((key) => key !== key.toLowerCase())).toEqual([]);
});
