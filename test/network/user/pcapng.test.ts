import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fileHead, packetBlock } from '../../../src/network/user/pcapng.ts';
import { packetsIn } from '../../support/pcapng.ts';

test('property: packets are read as they were written, to the microsecond', () => {
  const packet = fc.record({
    at: fc.integer({ min: 0, max: 4e15 }).map((micros) => micros / 1_000),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 100 }),
    direction: fc.constantFrom('received' as const, 'sent' as const),
    note: fc.option(fc.string({ unit: 'grapheme', minLength: 1 }), { nil: undefined }),
  });
  fc.assert(
    fc.property(fc.array(packet), (packets) => {
      const file = Buffer.concat([fileHead('eth1'), ...packets.map(packetBlock)]);
      expect(packetsIn(file)).toEqual(
        packets.map(({ at, bytes, ...rest }) => ({
          micros: BigInt(Math.round(at * 1_000)),
          bytes: Buffer.from(bytes),
          ...rest,
        })),
      );
    }),
  );
});
