import { expect, test } from 'vitest';
import { checkLabels } from '../../src/plan/labels.ts';

test.each(['nightly', 'v1.2', 'release candidate 3', 'größe=20', 'pull#17', '2026-11-28', 'a'.repeat(64)])(
  'takes the label %s',
  (label) => {
    expect(checkLabels([label], '--label')).toEqual([label]);
  },
);

test.each(['', ' a', '-a', 'a ', 'a,b', 'a/b', 'a\nb', 'latest', 'latest~2', 'a'.repeat(65)])(
  'refuses the label %j, which cannot be typed where a run is named',
  (label) => {
    expect(() => checkLabels([label], '--label')).toThrow(`not a label: ${JSON.stringify(label)}`);
  },
);

test.each(['00d24g935sbd40cff63b', 's00d24g935sbd40cff63b'])('refuses the label %s, which is an ID', (id) => {
  expect(() => checkLabels([id], '--label')).toThrow('not a label');
});

test('takes letters with accents in either form as the same label', () => {
  const [label] = checkLabels(['gro\u0308\u00dfe'], '--label');
  expect(label).toBe('gr\u00f6\u00dfe');
});

test('refuses a label that is given twice', () => {
  expect(() => checkLabels(['a', 'b', 'a'], '--label')).toThrow('the label "a" is given twice');
});
