import { spawn } from 'node:child_process';
import { BatchedWriter } from '../util/batched-writer.ts';
import { messageOf } from '../util/errors.ts';
import type { ProcessId } from './process-id.ts';
import { ownTempFolders, tempParent, unfinishedEnding } from './temp-folder.ts';

/** Cleans up if tg dies unexpectedly (SIGKILL, out of memory). */
export interface Watchdog extends AsyncDisposable {
  /** Adds a process group to be killed if tg dies. */
  guard(leader: ProcessId): void;
  /**
   * Adds a process that starts others for tg and ends by itself when tg has died and they have ended. It may be
   * starting one at that moment, so the watchdog keeps looking for processes until it has gone.
   */
  awaitEndOf(starter: ProcessId): void;
}

/**
 * Reads process groups and starters from stdin until it ends. `done` means that tg has cleaned up itself. Otherwise
 * tg has died: the script kills the process groups, then all processes with the mark in their environment, repeatedly
 * until the starters have gone and none is found (they may have started others meanwhile) twice, because a process that
 * is in execve(2) shows no environment for a moment. It looks for 15 s at most. Then it removes the temporary
 * files. A start time tells a reused PID from the original process. Without /proc, or if /proc shows the PIDs of
 * another PID namespace, a group is known by its PID alone and environments are not read.
 */
const script = `
mark=$1 temp=$2 partial=$3
groups= starters=
while read -r what pid start; do
  case $what in
    done) exit 0 ;;
    group) groups="$groups $pid:$start" ;;
    starter) starters="$starters $pid:$start" ;;
  esac
done
own=
read -r number rest 2>/dev/null </proc/self/stat && [ "$number" = $$ ] && own=yes
started() {
  [ "$own" ] || return 0
  read -r stat 2>/dev/null <"/proc/$1/stat" || return 1
  set -- "$2" \${stat##*) }
  state=$2
  [ "$1" = "\${21}" ]
}
starting() {
  for each in $starters; do
    started "\${each%%:*}" "\${each#*:}" && [ "$state" != Z ] && return 0
  done
  return 1
}
for each in $groups; do
  started "\${each%%:*}" "\${each#*:}" && kill -s KILL -- "-\${each%%:*}"
done 2>/dev/null
none=0 limit=$(($(date +%s) + 15))
while [ "$own" ] && [ $none -lt 2 ] && [ "$(date +%s)" -lt $limit ]; do
  starting && none=0 || none=$((none + 1))
  found=$(grep -lzxF -e "$mark" /proc/[0-9]*/environ 2>/dev/null)
  for file in $found; do
    pid=\${file#/proc/} none=0
    kill -s KILL "\${pid%/environ}"
  done 2>/dev/null
  [ $none = 2 ] || sleep 0.02 2>/dev/null || sleep 1
done
for folder in "$temp"*; do
  [ -d "$folder" ] || continue
  rm -rf -- "$folder" 2>/dev/null || { chmod -R u+rwX -- "$folder"; rm -rf -- "$folder"; }
done 2>/dev/null
[ "$partial" ] || exit 0
work=\${partial%/*} ending=.\${partial##*/}
for mark in "$work"/*/building"$ending"; do
  [ -e "$mark" ] || continue
  place=\${mark%/*}
  mv -- "$place" "$place.0$ending" || continue
  # Another tg may have begun there meanwhile.
  [ -e "$place.0$ending/building$ending" ] || mv -- "$place.0$ending" "$place"
done 2>/dev/null
rm -rf -- "$work"/*"$ending"
`;

interface Watched {
  /** A variable, as `NAME=value`, that all processes to be killed have in their environment. */
  readonly mark: string;
  /** A folder in which builds have other names until they are complete; undefined if nothing is built. */
  readonly work?: string | undefined;
}

/**
 * Starts a watchdog. It costs one waiting shell.
 * @param warn called if the watchdog cannot start or ends too early.
 */
export function startWatchdog({ mark, work }: Watched, warn: (text: string) => void): Watchdog {
  const partial = work === undefined ? '' : `${work}/${unfinishedEnding}`;
  const parts = [mark, ownTempFolders(tempParent()), partial];
  const shell = spawn('/bin/sh', ['-c', script, 'tg-watchdog', ...parts], {
    // Its own process group: a Ctrl-C or a signal to tg's group must not reach it.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    // Without the run's variables: it must not kill itself.
    env: { PATH: process.env['PATH'] },
  });
  let ending = false;
  const ended = new Promise<void>((resolve) => {
    const gone = (why: string) => {
      if (!ending) warn(`the watchdog ${why}: if tg is killed, its processes keep running`);
      resolve();
    };
    shell.once('exit', (code, signal) => gone(`has ended (${signal ?? `status ${code}`})`));
    shell.once('error', (error) => gone(`cannot be started: ${messageOf(error)}`));
  });
  // Writing to a watchdog that has ended: already reported.
  shell.stdin?.on('error', () => {});
  const post = shell.stdin === null ? undefined : new BatchedWriter(shell.stdin);
  return {
    guard: (leader) => post?.write(lineOf('group', leader)),
    awaitEndOf: (starter) => post?.write(lineOf('starter', starter)),
    async [Symbol.asyncDispose]() {
      ending = true;
      post?.flush();
      shell.stdin?.end('done\n');
      await ended;
    },
  };
}

function lineOf(what: 'group' | 'starter', { pid, startTicks = '' }: ProcessId): string {
  return `${what} ${pid} ${startTicks}\n`;
}
