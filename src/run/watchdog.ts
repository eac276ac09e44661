import { spawn } from 'node:child_process';
import { buildMark } from '../builders/tool/build-mark.ts';
import type { Home } from '../os/home.ts';
import type { ProcessId } from '../os/process-id.ts';
import { ownTempFolders, tempParent, unfinishedEnding } from '../os/temp-folder.ts';
import { BatchedWriter } from '../util/batched-writer.ts';
import { messageOf } from '../util/errors.ts';

/** Sees that nothing of a run outlives a tg that dies without a word (SIGKILL, no memory). */
export interface Watchdog extends AsyncDisposable {
  /** Takes a process group into its care. */
  guard(leader: ProcessId): void;
}

/**
 * Reads from stdin until it ends. `done` is the word of a tg that has seen to everything itself. Without it tg has died:
 * the groups that were named go, then whoever has the run in its environment, again until nobody is found (those that
 * were may have started others meanwhile), then the temporary files. A number that has passed to another process is told
 * by the time of its start. Where there is no /proc, or one that numbers the processes of another PID namespace, a group is
 * known by its number alone, and nobody's environment is read.
 */
const script = `
run=$1 build=$2 temp=$3 partial=$4
groups=
while read -r pid start; do
  [ "$pid" = done ] && exit 0
  groups="$groups $pid:$start"
done
own=
read -r number rest 2>/dev/null </proc/self/stat && [ "$number" = $$ ] && own=yes
started() {
  [ "$own" ] || return 0
  read -r stat 2>/dev/null <"/proc/$1/stat" || return 1
  set -- "$2" \${stat##*) }
  [ "$1" = "\${21}" ]
}
for each in $groups; do
  started "\${each%%:*}" "\${each#*:}" && kill -s KILL -- "-\${each%%:*}"
done 2>/dev/null
pass=0
while [ "$own" ] && [ $pass -lt 50 ]; do
  found=$(grep -lzxF -e "$run" -e "$build" /proc/[0-9]*/environ 2>/dev/null)
  [ -z "$found" ] && break
  for file in $found; do
    pid=\${file#/proc/}
    kill -s KILL "\${pid%/environ}"
  done 2>/dev/null
  pass=$((pass + 1))
done
for folder in "$temp"*; do
  [ -d "$folder" ] || continue
  rm -rf -- "$folder" 2>/dev/null || { chmod -R u+rwX -- "$folder"; rm -rf -- "$folder"; }
done 2>/dev/null
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

/**
 * Starts a watchdog of its own for a run or a build, which costs a shell that waits.
 * @param id the run's, or the build's.
 * @param work where what is built lies under another name until it is complete.
 * @param warn is told where there is none.
 */
export function startWatchdog(id: string, { work }: Home, warn: (text: string) => void): Watchdog {
  const words = [
    `TEST_RUN=${id}`,
    `${buildMark}=${id}`,
    ownTempFolders(tempParent()),
    `${work}/${unfinishedEnding}`,
  ];
  const shell = spawn('/bin/sh', ['-c', script, 'tg-watchdog', ...words], {
    // Out of reach of a Ctrl-C, and of whoever ends tg's process group.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    // Nothing of the run: it is not to end itself.
    env: { PATH: process.env['PATH'] },
  });
  let ending = false;
  const ended = new Promise<void>((resolve) => {
    const gone = (why: string) => {
      if (!ending) warn(`if tg is killed, what it has started goes on: the watchdog ${why}`);
      resolve();
    };
    shell.once('exit', (code, signal) => gone(`has ended (${signal ?? `status ${code}`})`));
    shell.once('error', (error) => gone(`cannot be started: ${messageOf(error)}`));
  });
  // One that has gone: that is told already.
  shell.stdin?.on('error', () => {});
  const post = shell.stdin === null ? undefined : new BatchedWriter(shell.stdin);
  return {
    guard({ pid, startTicks = '' }) {
      post?.write(`${pid} ${startTicks}\n`);
    },
    async [Symbol.asyncDispose]() {
      ending = true;
      post?.flush();
      shell.stdin?.end('done\n');
      await ended;
    },
  };
}
