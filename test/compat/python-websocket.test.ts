import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { describeWith } from '../support/needs.ts';
import { PythonPeer } from '../support/python.ts';
import { root } from '../support/tg.ts';

interface Received {
  readonly messages: readonly string[];
  readonly error: string | null;
  readonly closed: string | null;
  readonly sent: string;
}

const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** A frame as a server sends it. */
function frame(opcode: number, payload: Buffer, last = true): Buffer {
  const first = (last ? 0x80 : 0) | opcode;
  if (payload.length < 126) return Buffer.concat([Buffer.from([first, payload.length]), payload]);
  const head = Buffer.alloc(payload.length < 0x10000 ? 4 : 10);
  head[0] = first;
  head[1] = payload.length < 0x10000 ? 126 : 127;
  if (payload.length < 0x10000) head.writeUInt16BE(payload.length, 2);
  else head.writeBigUInt64BE(BigInt(payload.length), 2);
  return Buffer.concat([head, payload]);
}

/** The frames that a client sent, unmasked. */
function framesIn(hex: string): { opcode: number; payload: Buffer }[] {
  const found: { opcode: number; payload: Buffer }[] = [];
  for (let rest = Buffer.from(hex, 'hex'); rest.length > 0; ) {
    const [first, second] = [rest.readUInt8(0), rest.readUInt8(1)];
    // Each frame is a whole message, and masked.
    expect([first & 0xf0, second & 0x80]).toEqual([0x80, 0x80]);
    const size = second & 0x7f;
    const at = size === 126 ? 4 : size === 127 ? 10 : 2;
    const length =
      size === 126 ? rest.readUInt16BE(2) : size === 127 ? Number(rest.readBigUInt64BE(2)) : size;
    const masked = rest.subarray(at + 4, at + 4 + length);
    const payload = Buffer.from(masked.map((byte, index) => byte ^ rest.readUInt8(at + (index % 4))));
    found.push({ opcode: first & 0x0f, payload });
    rest = rest.subarray(at + 4 + length);
  }
  return found;
}

/** Cuts a buffer at fractions of its length. */
function cutAt(data: Buffer, shares: readonly number[]): Buffer[] {
  const places = [
    0,
    ...shares.map((share) => Math.floor(share * data.length)).sort((a, b) => a - b),
    data.length,
  ];
  return places.slice(1).map((end, index) => data.subarray(places[index], end));
}

const text = fc.oneof(
  { weight: 5, arbitrary: fc.string({ unit: 'binary' }) },
  { weight: 1, arbitrary: fc.string({ minLength: 120, maxLength: 130 }) },
  { weight: 1, arbitrary: fc.integer({ min: 65_500, max: 140_000 }).map((length) => 'é'.repeat(length)) },
);
const share = fc.double({ min: 0, max: 1, noNaN: true });
/** A message, the fractions at which it is cut into frames, and a ping between them. */
const message = fc.record({
  text,
  cuts: fc.array(share, { maxLength: 4 }),
  ping: fc.option(
    fc.uint8Array({ maxLength: 125 }).map((bytes) => Buffer.from(bytes)),
    { nil: undefined },
  ),
});

describeWith('python3', 'the WebSocket of the SDK for Python', () => {
  let peer: PythonPeer;
  beforeAll(() => {
    peer = new PythonPeer(join(root, 'test', 'sdk', 'python', 'websocket.py'));
  });
  afterAll(() => peer[Symbol.asyncDispose]());
  const receive = (...chunks: readonly Buffer[]) =>
    peer.ask<Received>(
      'receive',
      chunks.map((chunk) => chunk.toString('hex')),
    );

  test('property: messages arrive whole and in order, however they are cut; pings between frames are answered', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(message, { maxLength: 5 }),
        fc.array(share, { maxLength: 6 }),
        async (messages, cuts) => {
          const frames = messages.flatMap(({ text, cuts, ping }) => {
            const parts = cutAt(Buffer.from(text), cuts);
            const framed = parts.map((part, index) =>
              frame(index === 0 ? opcodes.text : opcodes.continuation, part, index === parts.length - 1),
            );
            const [first = Buffer.alloc(0), ...rest] = framed;
            return [first, ...(ping === undefined ? [] : [frame(opcodes.ping, ping)]), ...rest];
          });
          const { sent, ...got } = await receive(...cutAt(Buffer.concat(frames), cuts));
          expect(got).toEqual({ messages: messages.map(({ text }) => text), error: null, closed: null });
          expect(framesIn(sent)).toEqual(
            messages.flatMap(({ ping }) =>
              ping === undefined ? [] : [{ opcode: opcodes.pong, payload: ping }],
            ),
          );
        },
      ),
      { numRuns: 200 },
    );
  });

  test('property: the npm package ws reads the messages that it sends', async () => {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const socket = connect(port, '127.0.0.1');
    socket.write(
      'GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n',
    );
    const [client] = await once(server, 'connection');
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 4 }), async (texts) => {
        const read = new Promise<string[]>((resolve) => {
          const found: string[] = [];
          client.removeAllListeners('message').on('message', (data: Buffer) => {
            if (found.push(data.toString()) === texts.length) resolve(found);
          });
        });
        socket.write(Buffer.from(await peer.ask<string>('send', texts), 'hex'));
        expect(await read).toEqual(texts);
      }),
      { numRuns: 50 },
    );
    socket.destroy();
    server.close();
  });

  test('reads a frame of 20 MiB that arrives in pieces of 64 KiB', async () => {
    const content = 'x'.repeat(20 * 1024 * 1024);
    const data = frame(opcodes.text, Buffer.from(content));
    const { messages } = await receive(
      ...cutAt(
        data,
        Array.from({ length: 320 }, (_, index) => index / 320),
      ),
    );
    expect(messages.map(({ length }) => length)).toEqual([content.length]);
  });

  const word = Buffer.from('word');
  test.each<[string, Buffer, string, number]>([
    [
      'a masked frame',
      Buffer.from([0x81, 0x84, 0, 0, 0, 0, ...word]),
      'a frame of the server is masked',
      1002,
    ],
    ['a reserved bit', Buffer.from([0xc1, 0]), 'a frame has a reserved bit set', 1002],
    ['an unknown opcode', frame(3, word), 'a frame has the unknown opcode 3', 1002],
    ['an unknown control opcode', frame(11, word), 'a frame has the unknown opcode 11', 1002],
    ['a binary message', frame(opcodes.binary, word), 'it sent a binary message', 1003],
    [
      'half of a character at the end of a message',
      frame(opcodes.text, Buffer.from('é').subarray(0, 1)),
      'a message is not UTF-8',
      1007,
    ],
    [
      'a surrogate in UTF-8',
      frame(opcodes.text, Buffer.from([0xed, 0xa0, 0x80])),
      'a message is not UTF-8',
      1007,
    ],
    [
      'a ping that is too long',
      frame(opcodes.ping, Buffer.alloc(126)),
      'a control frame is too long or fragmented',
      1002,
    ],
    [
      'a fragmented ping',
      frame(opcodes.ping, word, false),
      'a control frame is too long or fragmented',
      1002,
    ],
    [
      'a continuation without a message',
      frame(opcodes.continuation, word),
      'the frames of a message are out of order',
      1002,
    ],
    [
      'a message within a message',
      Buffer.concat([frame(opcodes.text, word, false), frame(opcodes.text, word)]),
      'the frames of a message are out of order',
      1002,
    ],
    [
      'a length of 2^63',
      Buffer.from([0x81, 127, 0x80, 0, 0, 0, 0, 0, 0, 0]),
      'a frame of 9223372036854775808 bytes is too long',
      1009,
    ],
    ['half of a close code', frame(opcodes.close, Buffer.from([3])), 'a close frame has half a code', 1002],
  ])('closes the connection on %s', async (_, data, error, code) => {
    const before = frame(opcodes.text, Buffer.from('before'));
    const received = await receive(Buffer.concat([before, data]));
    expect(received.error).toBe(error);
    const [close] = framesIn(received.sent);
    expect([close?.opcode, close?.payload.readUInt16BE(0)]).toEqual([opcodes.close, code]);
  });

  test('answers a close, keeps its code and reason, and ignores what follows', async () => {
    const close = frame(opcodes.close, Buffer.concat([Buffer.from([0x03, 0xe9]), Buffer.from('going away')]));
    const received = await receive(
      Buffer.concat([frame(opcodes.text, word), close, frame(opcodes.text, word)]),
    );
    expect(received).toMatchObject({ messages: ['word'], error: null, closed: '1001: going away' });
    expect(framesIn(received.sent)).toEqual([{ opcode: opcodes.close, payload: Buffer.from([0x03, 0xe9]) }]);
  });

  const accepted =
    'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nSEC-WEBSOCKET-ACCEPT: <key>\r\n';
  test.each<[string, string, object]>([
    ['followed by the first message', `${accepted}\r\n\x81\x02hi`, { messages: ['hi'], open: true }],
    [
      'with another status',
      'HTTP/1.1 404 Not Found\r\n\r\n',
      { error: 'it answered "HTTP/1.1 404 Not Found"' },
    ],
    ['that is not HTTP', '+PONG\r\n\r\n', { error: 'it answered "+PONG"' }],
    [
      'with a key that is not ours',
      'HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: x\r\n\r\n',
      { error: 'its answer has no Sec-WebSocket-Accept, or one for another request' },
    ],
    [
      'with an extension',
      `${accepted}Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n`,
      { error: 'it uses a WebSocket extension that was not requested' },
    ],
    ['without an end', 'x'.repeat(70_000), { error: 'its answer is not HTTP' }],
    ['cut off', accepted, { messages: [], open: false }],
  ])('accepts or rejects an answer to the handshake: %s', async (_, answer, expected) => {
    for (const at of [0, 10, answer.length - 2])
      expect(await peer.ask('handshake', answer, at)).toEqual(expected);
  });
});
