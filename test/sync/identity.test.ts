import { expect, test } from 'vitest';
import { byPort, SharedPort, tokenIn } from '../../src/sync/server/identity.ts';

const caller = (address: string, token?: string) => ({ address, token });

test('own port: every caller is the instance of the endpoint', () => {
  expect(byPort('a').endpointOf(caller('10.0.0.1'))).toBe('a');
});

test('by address: accepts it as an IPv6 listener reports it, and refuses unknown callers', () => {
  const identity = new SharedPort<string>('address');
  identity.add({ by: 'address', address: '10.0.0.1' }, 'a');
  expect(['10.0.0.1', '::ffff:10.0.0.1', '10.0.0.2'].map((one) => identity.endpointOf(caller(one)))).toEqual([
    ...['a', 'a', undefined],
  ]);
  identity.remove({ by: 'address', address: '10.0.0.1' });
  expect(identity.endpointOf(caller('10.0.0.1'))).toBeUndefined();
});

test('by address: an IPv6 address is taken as it is', () => {
  const identity = new SharedPort<string>('address');
  identity.add({ by: 'address', address: 'fd00::ffff:2' }, 'a');
  expect(identity.endpointOf(caller('fd00::ffff:2'))).toBe('a');
  expect(identity.endpointOf(caller('fd002'))).toBeUndefined();
});

test('by token: refuses callers without a known one, and a second instance with the same one', () => {
  const identity = new SharedPort<string>('token');
  identity.add({ by: 'token', token: 'secret' }, 'a');
  const endpoints = ['secret', 'other', undefined].map((token) =>
    identity.endpointOf(caller('10.0.0.1', token)),
  );
  expect(endpoints).toEqual(['a', undefined, undefined]);
  expect(() => identity.add({ by: 'token', token: 'secret' }, 'b')).toThrow('the same token');
});

test.each([
  ['GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer abc\r\n\r\n', 'abc'],
  ['GET / HTTP/1.1\r\nauthorization:bearer  abc \r\n\r\n', 'abc'],
  ['GET / HTTP/1.1\r\nHost: x\r\n\r\nAuthorization: Bearer body', undefined],
  ['GET / HTTP/1.1\r\nProxy-Authorization: Bearer abc\r\n\r\n', undefined],
  ['GET / HTTP/1.1\r\nAuthorization: Bearer abc def\r\n\r\n', undefined],
  ['GET / HTTP/1.1\r\nAuthorization: Basic abc\r\n\r\n', undefined],
  ['*1\r\n$4\r\nPING\r\n', undefined],
])('the bearer token in %j is %j', (text, token) => {
  expect(tokenIn(Buffer.from(text))).toBe(token);
});
