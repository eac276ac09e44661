import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ParallelGzip } from '../../src/outputs/archive/parallel-gzip.ts';

const zipped = (pieces: readonly Uint8Array[]) =>
  buffer(Readable.from(pieces.map((piece) => Buffer.from(piece))).pipe(new ParallelGzip()));

test('property: compresses without loss, and to the same bytes however the input is split', async () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 100 }),
    fc.nat(255).map((byte) => new Uint8Array(700_000).fill(byte)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 6 }), async (pieces) => {
      const file = await zipped(pieces);
      const whole = Buffer.concat(pieces);
      expect(gunzipSync(file).equals(whole)).toBe(true);
      expect(file.equals(await zipped(whole.length === 0 ? [] : [whole]))).toBe(true);
    }),
    { numRuns: 40 },
  );
});
