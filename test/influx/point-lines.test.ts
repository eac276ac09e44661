import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readPoint } from '../../src/influx/point.ts';
import { PointLines } from '../../src/influx/point-lines.ts';
import { readPushedLine } from '../../src/metrics/pushed-line.ts';

/** The sizes of the batches in which the lines of a text arrive. */
const cuts = fc.array(fc.nat({ max: 5 }), { maxLength: 20 });

function pointsIn(text: string, sizes: readonly number[], max?: number): string[] {
  const points = new PointLines(max);
  const lines = text.split('\n');
  const batches = sizes.map((size) => lines.splice(0, size));
  return [...[...batches, lines].flatMap((batch) => points.add(batch)), ...points.rest()];
}

/** The same from the whole text at once: finds the end of each point by the rules of the line protocol. */
function expectedIn(text: string): string[] {
  const points: string[] = [];
  for (let start = 0; start <= text.length; ) {
    const end = endOfPoint(text, start);
    points.push(text.slice(start, end));
    start = end + 1;
  }
  return points;
}

function endOfPoint(text: string, start: number): number {
  const [indent = ''] = /^[^\S\n]*/.exec(text.slice(start)) ?? [];
  const first = start + indent.length;
  if (text[first] === '#') return endOfLine(text, first);
  let inFields = false;
  let isValue = false;
  for (let at = first; at < text.length; at++) {
    const character = text[at];
    if (character === '\n') return at;
    if (inFields && isValue && character === '"') {
      const closed = closingQuote(text, at);
      if (closed === undefined) return endOfLine(text, at);
      at = closed;
    }
    isValue = character === '=';
    if (character === ' ') inFields = true;
    if (character === '\\') at++;
  }
  return text.length;
}

function endOfLine(text: string, start: number): number {
  const end = text.indexOf('\n', start);
  return end === -1 ? text.length : end;
}

function closingQuote(text: string, opening: number): number | undefined {
  for (let at = opening + 1; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at;
  }
  return undefined;
}

const anyText = fc.string({ maxLength: 60, unit: fc.constantFrom(...'m=="" ,\n\n\\#x') });

test('property: splits a text into the same points in whatever batches its lines arrive', () => {
  fc.assert(
    fc.property(anyText, cuts, (text, sizes) => {
      expect(pointsIn(text, sizes)).toEqual(expectedIn(text));
    }),
    { numRuns: 5_000, examples: [['m ="\n\\\n', []]] },
  );
});

test('property: puts every line of a text into exactly one point, in order', () => {
  fc.assert(
    fc.property(anyText, cuts, fc.nat({ max: 20 }), (text, sizes, max) => {
      expect(pointsIn(text, sizes, max).join('\n')).toBe(text);
    }),
  );
});

const quoted = fc
  .string({ maxLength: 12, unit: fc.constantFrom(...'ab ,=\n\\"#') })
  .map((value) => `m,t="a f="${value.replaceAll(/["\\]/g, (character) => `\\${character}`)}",g=1 7`);

test('property: keeps points unchanged whose strings contain quotes, escapes and line breaks', () => {
  fc.assert(
    fc.property(fc.array(quoted, { minLength: 1 }), cuts, (points, sizes) => {
      expect(points.every((point) => readPoint(point) !== undefined)).toBe(true);
      expect(pointsIn(points.join('\n'), sizes)).toEqual(points);
    }),
  );
});

describe('a string without a closing quote', () => {
  test('makes only its own line invalid and leaves the following lines intact', () => {
    expect(pointsIn('m v=1 1\nm v="a\nb" 2\nm v="open 3\nm v=4 4', [2, 1])).toEqual([
      'm v=1 1',
      'm v="a\nb" 2',
      'm v="open 3',
      'm v=4 4',
    ]);
  });

  test('is buffered only up to the maximum size of a point', () => {
    const line = 'm v=1 1';
    const points = new PointLines(20);
    expect(points.add(['m v="open', line])).toEqual([]);
    expect(points.add([line])).toEqual(['m v="open', line, line]);
    expect(points.rest()).toEqual([]);
  });
});

test('keeps a string with half a million line breaks in one point', () => {
  const point = `m f="${'\n'.repeat(500_000)}" 1`;
  expect(pointsIn(point, [])).toEqual([point]);
});

test('takes a million digits and a letter for no number, and a million digits for no timestamp', () => {
  const digits = '1'.repeat(1_000_000);
  expect(readPushedLine(`m f=${digits}x 1`, 'p-c')).toEqual({ metric: undefined, isWhole: true });
  expect(readPushedLine(`m f=1 ${digits}`, 'p-c')).toEqual({ metric: undefined, isWhole: false });
});
