import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LogGroups } from '../../src/cli/output/github/log-groups.ts';

type Step = { readonly kind: 'begin'; readonly title: string } | { readonly kind: 'end' | 'line' };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('begin' as const), title: fc.constantFrom('a', 'b', 'c') }),
  fc.record({ kind: fc.constantFrom('end' as const, 'line' as const) }),
);

function written(steps: readonly Step[]): string[] {
  const texts: string[] = [];
  const groups = new LogGroups((command) => texts.push(command));
  for (const its of steps) {
    if (its.kind === 'begin') groups.begin(its.title);
    else if (its.kind === 'end') groups.end();
    else {
      groups.beforeLine();
      texts.push('line\n');
    }
  }
  groups.end();
  return texts;
}

/** The title of the group of each line; undefined outside of groups. */
function titlesOfLines(texts: readonly string[]): (string | undefined)[] {
  let title: string | undefined;
  return texts.flatMap((text) => {
    if (text === 'line\n') return [title];
    title = /^::group::(.*)\n$/.exec(text)?.[1];
    return [];
  });
}

function titlesAsked(steps: readonly Step[]): (string | undefined)[] {
  let title: string | undefined;
  return steps.flatMap((its) => {
    if (its.kind === 'line') return [title];
    title = its.kind === 'begin' ? its.title : undefined;
    return [];
  });
}

test('property: each line is in the group that was begun last; groups never nest, all of them are ended, and none is empty', () => {
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const texts = written(steps);
      let isOpen = false;
      for (const [place, text] of texts.entries()) {
        expect(text.indexOf('\n')).toBe(text.length - 1);
        if (text.startsWith('::group::')) {
          expect([isOpen, texts[place + 1]]).toEqual([false, 'line\n']);
          isOpen = true;
        } else if (text === '::endgroup::\n') {
          expect(isOpen).toBe(true);
          isOpen = false;
        } else expect(text).toBe('line\n');
      }
      expect(isOpen).toBe(false);
      expect(titlesOfLines(texts)).toEqual(titlesAsked(steps));
    }),
  );
});

test('a title is one line, escaped for GitHub', () => {
  expect(written([{ kind: 'begin', title: '100 %\n::error::x\u001b[31m' }, { kind: 'line' }])).toEqual([
    '::group::100 %25%0A::error::x\n',
    'line\n',
    '::endgroup::\n',
  ]);
});
