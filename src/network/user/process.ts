import { readSync, writeSync } from 'node:fs';
import { mapMemory } from '../../os/linux/memory.ts';
import { ipv4, mac } from '../../os/linux/netlink/encode.ts';
import { batch, PacketSocket, Poll } from '../../os/linux/packet-socket.ts';
import { codeOf, messageOf } from '../../util/errors.ts';
import { Arena, arenaBytes, smallPlace } from './arena.ts';
import { addressAt } from './frame.ts';
import { PacketFile } from './packet-file.ts';
import type { SwitchReply, SwitchRequest } from './protocol.ts';
import { type Outgoing, Switch } from './switch.ts';

// The switch of a run, for kernels without netem: takes the frames of instances from the far ends of their devices,
// and delays, drops and forwards them. One loop without waiting for Node: each wait would be late by a timer.

process.title = 'tg-switch';
const room = { small: 24_576, large: 640 };
const arena = new Arena(mapMemory(arenaBytes(room)), room);
const socket = new PacketSocket();
const outgoing: Outgoing[] = [];
/** By the index of the device. */
const files = new Map<number, PacketFile>();
const core = new Switch(
  arena,
  (frame) => {
    outgoing.push(frame);
    if (outgoing.length === batch) sendAll();
  },
  ({ link, ...packet }) => files.get(link)?.add({ at: performance.timeOrigin + now(), ...packet }),
);
/** How long, in ms, packets may wait to be written to their file while nothing else is due. */
const flushAfter = 50;
/** The places into which the next frames are received. */
const places = Array.from({ length: batch }, (_, message) => prepare(message));
const stdin = 0;
const poll = new Poll([socket.fd, stdin]);
let commands = '';
/** Frames that the kernel dropped because they were not received in time. */
let missed = 0;

function now(): number {
  return performance.now();
}

/** Gives a message a place to be received into. */
function prepare(message: number): number {
  const place = arena.take(smallPlace);
  if (place === undefined) throw new Error('the switch has no room');
  socket.receiveInto(message, addressOf(place), smallPlace);
  return place;
}

function addressOf(place: number): bigint {
  return arena.memory.address + BigInt(arena.offsetOf(place));
}

/** Receives frames until there are none, or something else is due. @returns whether there may be more. */
function receiveSome(): boolean {
  const count = socket.receive();
  const at = now();
  for (let message = 0; message < count; message++) {
    const { length, link } = socket.received(message);
    const place = places[message] ?? 0;
    const next = arena.take(smallPlace);
    // Without room for more, this frame is dropped and its place used again.
    if (next === undefined) {
      missed++;
      continue;
    }
    places[message] = next;
    socket.receiveInto(message, addressOf(next), smallPlace);
    const whole = length <= smallPlace ? place : inLargePlace(message, place, length);
    if (whole !== undefined) core.receive(whole, length, link, at);
  }
  return count === batch;
}

/** Puts a frame together that did not fit into its place. */
function inLargePlace(message: number, place: number, length: number): number | undefined {
  const large = arena.take(length);
  const { bytes } = arena.memory;
  if (large !== undefined) {
    const at = arena.offsetOf(large);
    bytes.copyWithin(at, arena.offsetOf(place), arena.offsetOf(place) + smallPlace);
    bytes.set(socket.restOf(message, length - smallPlace), at + smallPlace);
  }
  if (large === undefined) missed++;
  arena.release(place);
  return large;
}

function sendAll(): void {
  for (const [message, { place, length, link }] of outgoing.entries())
    socket.setOutgoing(message, addressOf(place), length, link);
  for (let sent = 0; sent < outgoing.length; ) {
    const count = socket.send(sent, outgoing.length - sent);
    // A device that is down or gone takes none.
    sent += count < 0 ? 1 : count;
  }
  for (const { place } of outgoing) arena.release(place);
  outgoing.length = 0;
}

function readCommands(): void {
  const buffer = Buffer.alloc(64 * 1024);
  const length = readSync(stdin, buffer);
  // tg has ended, or does not need the switch any more.
  if (length === 0) process.exit(0);
  commands += buffer.toString('utf8', 0, length);
  const lines = commands.split('\n');
  commands = lines.pop() ?? '';
  for (const line of lines) answer(JSON.parse(line) as SwitchRequest);
}

function answer(request: SwitchRequest): void {
  const { id } = request;
  try {
    reply({ id, ...carryOut(request) });
  } catch (error) {
    reply({ id, why: messageOf(error) });
  }
}

function reply(text: SwitchReply): void {
  try {
    writeSync(1, `${JSON.stringify(text)}\n`);
  } catch (error) {
    if (codeOf(error) === 'EPIPE') process.exit(0);
    throw error;
  }
}

function carryOut(request: SwitchRequest): Omit<SwitchReply, 'id'> {
  switch (request.do) {
    case 'add':
      core.addPort({ link: request.link, mac: mac(request.mac), farMac: mac(request.farMac) }, request.seed);
      return {};
    case 'address':
      core.readdress(
        request.link,
        request.address === null ? undefined : addressAt(ipv4(request.address), 0),
      );
      return {};
    case 'shape':
      core.reshape(request.link, request.direction, request.shape);
      return {};
    case 'record':
      files.set(request.link, new PacketFile(request.file));
      core.watch(request.link);
      return {};
    case 'measure':
      flushFiles();
      missed += socket.dropped();
      return { measured: { ports: core.counts(), lateness: core.lateness.summary(), missed } };
  }
}

function flushFiles(): void {
  for (const file of files.values()) file.flush();
}

process.once('exit', flushFiles);
for (;;) {
  core.advance(now());
  if (outgoing.length > 0) sendAll();
  const left = core.next - now();
  if (left > flushAfter) flushFiles();
  poll.wait(left);
  if (poll.isReady(1)) readCommands();
  if (poll.isReady(0)) while (receiveSome() && core.next > now()) if (outgoing.length > 0) sendAll();
}
