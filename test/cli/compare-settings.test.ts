import { describe, expect, test } from 'vitest';
import {
  differences,
  joinedSettings,
  type Settings,
  sideTitles,
} from '../../src/cli/flags/compare-settings.ts';

function settings(all: Readonly<Record<string, string>>): Settings {
  return new Map(
    Object.entries(all).map(([name, value]) => [
      name,
      { name, value, short: `${name.replace('parameter ', '')}=${value}` },
    ]),
  );
}

describe('the name of a side', () => {
  test('has the settings in which it differs from the others, and nothing else', () => {
    const sides = [
      settings({ plan: 'p', 'parameter a': '1', commit: 'abc' }),
      settings({ plan: 'p', 'parameter a': '2' }),
    ];
    expect(sideTitles(sides)).toEqual(['a=1, commit=abc', 'a=2']);
    expect(differences(sides)).toEqual(['parameter a: 1, 2', 'commit: abc, –']);
  });

  test('is empty if nothing differs', () => {
    expect(sideTitles([settings({ plan: 'p' }), settings({ plan: 'p' })])).toEqual(['', '']);
  });

  test('has all values of a setting that differs between the runs of a side', () => {
    const joined = joinedSettings([settings({ a: '1' }), settings({ a: '2' }), settings({ a: '1' })]);
    expect(sideTitles([joined, settings({ a: '1' })])).toEqual(['a=1 or a=2', 'a=1']);
  });

  test('stays short: four settings of 40 characters', () => {
    const of = (value: string) => settings(Object.fromEntries([...'abcdef'].map((name) => [name, value])));
    const [title = ''] = sideTitles([of('x'.repeat(500)), of('y')]);
    expect(title.length).toBeLessThan(200);
    expect(title).toMatch(/…, and 2 more$/);
  });
});
