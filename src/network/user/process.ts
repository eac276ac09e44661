import { readSync, writeSync } from 'node:fs';
import { endWithParent } from '../../os/linux/libc.ts';
import { mapMemory } from '../../os/linux/memory.ts';
import { ipv4, mac } from '../../os/linux/netlink/encode.ts';
import { batch, PacketSocket } from '../../os/linux/packet-socket.ts';
import { Poll, PreciseClock } from '../../os/linux/poll.ts';
import { codeOf, messageOf } from '../../util/errors.ts';
import { Arena, arenaBytes, smallPlace } from './arena.ts';
import { addressAt } from './frame.ts';
import type { Outgoing } from './frame-in-transit.ts';
import { PacketFile } from './packet-file.ts';
import type { SwitchReply, SwitchRequest } from './protocol.ts';
import { mostWaiting } from './stage.ts';
import { Switch } from './switch.ts';

// The switch of a run, for kernels without netem: takes the frames of instances from the far ends of their devices,
// and delays, drops and forwards them. One loop without waiting for Node: each wait would be late by a timer.

process.title = 'tg-switch';
endWithParent();
/** Only what is used takes memory. */
const room = { small: 73_728, large: 1_536 };
/** How many batches are received before other things are looked at. */
const batchesAtOnce = 16;
/** How many batches are received at most before the counts are given. */
const batchesBeforeAnswer = 1_024;
/** How often a frame is offered to the kernel that has no room for it. */
const attempts = 10;
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
const clock = new PreciseClock();
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
  const { count, isDamaged } = socket.receive();
  if (isDamaged) missed++;
  const at = now();
  const time = count > 0 ? clock.now() : 0;
  for (let message = 0; message < count; message++) {
    const { length, link, time: received } = socket.received(message);
    // A frame that has waited for this process is as old as the kernel says.
    const age = received === 0 ? 0 : Math.max(0, time - received);
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
    if (whole !== undefined) core.receive(whole, length, link, at - age);
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
  for (let [sent, failed] = [0, 0]; sent < outgoing.length; ) {
    const count = socket.send(sent, outgoing.length - sent);
    failed = count === 0 ? failed + 1 : 0;
    const isSkipped = count < 0 || failed === attempts;
    for (const frame of outgoing.slice(sent, sent + (isSkipped ? 1 : count)))
      core.delivered(frame, !isSkipped);
    sent += isSkipped ? 1 : count;
    if (isSkipped) failed = 0;
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
    case 'add': {
      const { link, group, labels, nat, seed } = request;
      core.addPort({ link, group, labels, nat, mac: mac(request.mac), farMac: mac(request.farMac) }, seed);
      return {};
    }
    case 'paths':
      core.setPaths(request.paths);
      return {};
    case 'address':
      core.readdress(
        request.link,
        request.address === null ? undefined : addressAt(ipv4(request.address), 0),
      );
      return {};
    case 'shape':
      core.reshape(request.link, request.stage, request.shape, now());
      return {};
    case 'reset-nat':
      core.resetNat(request.link);
      return {};
    case 'record':
      files.set(request.link, new PacketFile(request.file));
      core.watch(request.link);
      return {};
    case 'ping':
      return {};
    case 'measure':
      // What was sent before the question is part of the answer.
      for (let batches = 0; batches < batchesBeforeAnswer && receiveSome(); batches++);
      flushFiles();
      missed += socket.dropped();
      return {
        measured: {
          engine: 'user',
          links: core.counts(),
          lateness: core.lateness.summary(),
          missed,
          problems: [...fileProblems(), ...roomProblems()],
          peers: core.peers(),
        },
      };
  }
}

function flushFiles(): void {
  for (const file of files.values()) if (file.isDirty) file.flush();
}

function fileProblems(): readonly string[] {
  const problems = new Set([...files.values()].flatMap(({ problem }) => problem ?? []));
  return [...problems].map((problem) => `packets could not be recorded: ${problem}`);
}

function roomProblems(): readonly string[] {
  if (core.withoutRoom === 0) return [];
  const most = [mostWaiting, arena.places].map((count) => count.toLocaleString('en'));
  return [
    `${core.withoutRoom} packets had no room to wait: ${most[0]} wait at one link at most, and ${most[1]} in a run`,
  ];
}

process.once('exit', flushFiles);
for (;;) {
  core.advance(now());
  if (outgoing.length > 0) sendAll();
  const left = core.next - now();
  const isRecording = files.size > 0;
  poll.wait(isRecording ? Math.min(left, flushAfter) : left);
  if (isRecording && !poll.isReady(0) && left > flushAfter) flushFiles();
  if (poll.isReady(1)) readCommands();
  for (let batches = 0; poll.isReady(0) && batches < batchesAtOnce && core.next > now(); batches++)
    if (!receiveSome()) break;
}
