import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  attribute,
  attributesIn,
  ipv4,
  mac,
  message,
  messagesIn,
  nested,
  text,
  u32,
} from '../../../src/os/linux/netlink/encode.ts';

const bytes = fc.uint8Array({ maxLength: 40 }).map((its) => Buffer.from(its));

test('property: attributes are read as they were written, whatever their lengths', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 0x3fff }), bytes), { selector: ([type]) => type }),
      (all) => {
        const part = Buffer.concat(all.map(([type, value]) => attribute(type, value)));
        expect(part.length % 4).toBe(0);
        expect([...attributesIn(part)]).toEqual(all);
      },
    ),
  );
});

test('property: messages in a datagram are read as they were written', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 4, max: 100 }), bytes)), (all) => {
      const datagram = Buffer.concat(all.map(([type, body], at) => message(type, 5, at, body)));
      expect(messagesIn(datagram)).toEqual(all.map(([type, body], sequence) => ({ type, sequence, body })));
    }),
  );
});

test('a request is what ip(8) sends', () => {
  // As recorded by strace of: ip link set lo up.
  const head = Buffer.from('00000000' + '01000000' + '01000000' + '01000000', 'hex');
  expect(message(16, 5, 1, head).toString('hex')).toBe(
    `20000000100005000100000000000000${head.toString('hex')}`,
  );
});

test('values have the forms of the kernel', () => {
  expect(ipv4('16.0.1.255').toString('hex')).toBe('100001ff');
  expect(mac('02:00:00:00:00:0a').toString('hex')).toBe('02000000000a');
  expect(nested(18, attribute(1, text('veth')), attribute(2, u32(7))).toString('hex')).toBe(
    '18001200' + '09000100' + '7665746800000000' + '08000200' + '07000000',
  );
});
