import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ownerStateOf } from '../os/heartbeat.ts';
import { ownerOf } from '../outputs/journal.ts';
import { instanceDirOf, runFiles } from '../outputs/layout.ts';
import { Mask } from '../outputs/mask.ts';
import { secretNamesOf, secretsInStart } from '../outputs/mask-outputs.ts';
import { Tail } from '../outputs/tail.ts';
import { type InstanceId, instanceTag } from '../plan/instance-id.ts';
import { OutputWatcher } from '../run/capture/output-watcher.ts';
import type { RunEvent } from '../run/events/events.ts';
import { lineEvent } from '../run/events/line-event.ts';
import { maskedLine } from '../run/events/masked-event.ts';
import { type Notice, noticesOf, readJournalLine, unreadable } from './events.ts';
import { fileOf, type OnUnread } from './lines.ts';

type LineEvent = Extract<RunEvent, { type: 'line' }>;

interface Listener {
  readonly onLine: (line: LineEvent) => void;
  readonly onNotice: (notice: Notice) => void;
  /** Called for each file that cannot be read. */
  readonly onUnread: OnUnread;
  /** Resolves when the listener can take more; undefined if it can now. */
  readonly pace: () => Promise<void> | undefined;
  readonly signal: AbortSignal;
}

/** How often, in ms, the journal is polled. */
const pollIntervalMs = 50;
const pieceBytes = 256 * 1024;

/** Follows a run of another process from start to end, through its files alone. */
export async function followRun(
  dir: string,
  wanted: readonly InstanceId[],
  listener: Listener,
): Promise<void> {
  using watcher = new OutputWatcher(listener.pace, true);
  const open = new Map<string, Tail[]>();
  const ended: string[] = [];
  const tags = new Set(wanted.map(instanceTag));
  let began = Date.now();
  let over = false;
  using journal = new Tail(join(dir, runFiles.journal), ({ bytes }) => {
    const its = readJournalLine(bytes.toString('utf8'));
    if (its === undefined) return;
    if (its.type === 'run-started') began = its.at.getTime();
    if (its.type === 'run-ended') over = true;
    const begins = its.type === 'instance-started' || its.type === 'instance-held';
    if (begins && tags.has(instanceTag(its.instance))) {
      const masking = new StartMask(secrets.get(its.instance.group) ?? []);
      const onLine = (line: LineEvent) => listener.onLine(masking.of(line));
      const tails = tailsOf(dir, its.instance, began, { ...listener, onLine });
      for (const tail of tails) watcher.watch(tail);
      open.set(instanceTag(its.instance), tails);
    }
    if (its.type === 'instance-exited') ended.push(instanceTag(its.instance));
    for (const notice of noticesOf(its)) {
      if (over) lastNotices.push(notice);
      else listener.onNotice(notice);
    }
  });
  const lastNotices: Notice[] = [];
  const owner = ownerOf(dir);
  const heartbeat = join(dir, runFiles.heartbeat);
  const secrets = secretNamesOf(dir);
  try {
    for (;;) {
      // Checked before the journal is read, so that the owner's last records are not missed.
      const alive = owner !== undefined && ownerStateOf(owner, heartbeat) === 'lives';
      while (journal.readMore(pieceBytes) > 0);
      for (const tag of ended.splice(0)) {
        for (const tail of open.get(tag) ?? []) await finish(watcher, tail);
        open.delete(tag);
      }
      if (over || !alive || listener.signal.aborted) break;
      await sleep(pollIntervalMs, undefined, { signal: listener.signal }).catch(() => {});
    }
    for (const notice of lastNotices) listener.onNotice(notice);
  } finally {
    for (const tail of [...open.values()].flat()) await finish(watcher, tail);
  }
}

/** Masks an instance's secrets from the start event that names them onwards. */
class StartMask {
  readonly #names: readonly string[];
  #mask = new Mask([]);

  constructor(names: readonly string[]) {
    this.#names = names;
  }

  of(line: LineEvent): LineEvent {
    if (this.#names.length === 0) return line;
    const secrets = secretsInStart(line.event, this.#names);
    if (secrets.length > 0) this.#mask = new Mask(secrets);
    return maskedLine(line, this.#mask);
  }
}

async function finish(watcher: OutputWatcher, tail: Tail): Promise<void> {
  await watcher.finish(tail);
  tail[Symbol.dispose]();
}

function tailsOf(
  dir: string,
  instance: InstanceId,
  began: number,
  { onLine, onUnread }: Pick<Listener, 'onLine' | 'onUnread'>,
): Tail[] {
  const folder = instanceDirOf(dir, instance.group, instance.index);
  return (['stdout', 'stderr'] as const).flatMap((stream) => {
    const tail = openTail(
      folder,
      stream,
      (line) => onLine(lineEvent(instance, stream, line, began)),
      onUnread,
    );
    return tail === undefined ? [] : [tail];
  });
}

/**
 * Opens a captured file. It retries once, because a finalized file is renamed and this may happen before it is
 * opened.
 */
function openTail(
  folder: string,
  stream: 'stdout' | 'stderr',
  onLine: ConstructorParameters<typeof Tail>[1],
  onUnread: OnUnread,
): Tail | undefined {
  for (let attempt = 1; ; attempt++) {
    let place = folder;
    try {
      const file = fileOf(folder, stream);
      if (file === undefined) return undefined;
      place = file;
      return new Tail(file, onLine);
    } catch (cause) {
      if (attempt === 1) continue;
      onUnread(unreadable(place, cause));
      return undefined;
    }
  }
}
