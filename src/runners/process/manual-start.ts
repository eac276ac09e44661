import { existsSync } from 'node:fs';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { endLeftovers, processesWith } from '../../os/leftovers.ts';
import { instanceFiles } from '../../outputs/layout.ts';
import { readEventLine } from '../../outputs/sdk-events.ts';
import { readText } from '../../outputs/untrusted-file.ts';
import { quoted } from '../../util/shell-quote.ts';
import type { ExitStatus, InstanceHandle, Launch, ManualInstance } from '../runner.ts';

interface ManualPlace {
  /** A folder for tg's own files of this instance. */
  readonly own: string;
  readonly outputs: string;
  readonly command: readonly string[];
  /** The beginning of a command line that runs a command where the instance is; empty on this machine's network. */
  readonly enter: readonly string[];
  readonly workDir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly capture: Launch['capture'];
  /** Whether it was connected to the sync service and has disconnected. */
  readonly hasLeft: () => boolean;
}

/** How often, in ms, the state of the instance is polled. */
const pollIntervalMs = 100;

/**
 * Writes the scripts that start an instance by hand, and waits until it has ended. The script reports its end; if
 * it was started without the script, its own run.out does.
 */
export async function startManually(place: ManualPlace): Promise<ManualInstance> {
  const { own, outputs, command, enter, workDir, env, capture, hasLeft } = place;
  const environment = join(own, 'env.sh');
  const script = join(own, 'run.sh');
  const status = join(own, 'status');
  const exports = Object.entries(env).map(([name, value]) => `export ${name}=${quoted(value)}\n`);
  await writeFile(environment, `${exports.join('')}cd ${quoted(workDir)}\n`);
  await writeFile(script, startScript({ environment, command, enter, capture, status, own }));
  await chmod(script, 0o755);
  const abandoned = new AbortController();
  const ownOut = join(outputs, instanceFiles.out);
  const variable = `TEST_OUTPUTS_PATH=${outputs}`;
  const watched = { status, begun: join(own, 'begun'), ownOut, variable, hasLeft };
  const handle: InstanceHandle = {
    ref: { kind: 'manual', id: '' },
    exited: endOf(watched, abandoned.signal),
    flushed: Promise.resolve(undefined),
    isSuspended: () => false,
    activity: () => 'unknown',
    usage: () => undefined,
    stop: () => abandoned.abort(),
    kill: () => abandoned.abort(),
    reap: async () => void (await endLeftovers(variable)),
  };
  return { handle, script, environment, command: [...enter, ...command] };
}

interface StartScript {
  readonly environment: string;
  readonly command: readonly string[];
  readonly enter: readonly string[];
  readonly capture: Launch['capture'];
  readonly status: string;
  readonly own: string;
}

function startScript({ environment, command, enter, capture, status, own }: StartScript): string {
  const [out, err] = [quoted(join(own, 'out')), quoted(join(own, 'err'))];
  return `#!/bin/sh
# Starts this instance. Arguments replace its command, for example to run a debugger.
# Its output is shown and kept. Set TG_HOLD_TTY=1 for a debugger that needs the terminal.
. ${quoted(environment)}
mkdir ${quoted(join(own, 'begun'))} 2>/dev/null || { echo 'this instance has already been started' >&2; exit 1; }
[ $# -gt 0 ] || set -- ${command.map(quoted).join(' ')}
set -- ${enter.map(quoted).join(' ')} "$@"
# Ctrl-C ends the program; this script still reports how it ended.
trap : INT TERM HUP
if [ -n "$TG_HOLD_TTY" ]; then
  "$@"
  status=$?
else
  mkfifo ${out} ${err}
  tee -a ${quoted(capture.stdout)} <${out} &
  tee -a ${quoted(capture.stderr)} <${err} >&2 &
  "$@" >${out} 2>${err}
  status=$?
  wait
  rm -f ${out} ${err}
fi
echo $status >${quoted(`${status}.partial`)} && mv ${quoted(`${status}.partial`)} ${quoted(status)}
exit $status
`;
}

interface Watched {
  readonly status: string;
  /** The folder that the script creates when it begins. */
  readonly begun: string;
  readonly ownOut: string;
  /** A variable that identifies the instance's processes by their environment. */
  readonly variable: string;
  readonly hasLeft: ManualPlace['hasLeft'];
}

async function endOf(
  { status, begun, ownOut, variable, hasLeft }: Watched,
  abandoned: AbortSignal,
): Promise<ExitStatus> {
  const unknown = { code: null, signal: null };
  let seen = false;
  while (!abandoned.aborted) {
    if (existsSync(status)) return asEnd(textOf(status).trim());
    if (!existsSync(begun)) {
      // Started without the script: the instance runs while a process has its environment. Whether it has come and
      // gone is checked first, because it may begin during the process scan.
      seen ||= wasThere(ownOut, hasLeft);
      const running = (await processesWith(variable)).length > 0;
      if (!running && seen) return unknown;
      seen ||= running;
    }
    await sleep(pollIntervalMs, undefined, { signal: abandoned }).catch(() => {});
  }
  return unknown;
}

/**
 * Whether an instance has started and ended unseen, because it took only milliseconds or the system does not show
 * processes. Either its SDK has written how it ended, or it was connected to the sync service (only where processes
 * can be seen).
 */
function wasThere(ownOut: string, hasLeft: () => boolean): boolean {
  return saysItsEnd(textOf(ownOut)) || (process.platform === 'linux' && hasLeft());
}

/** A shell reports a process that was killed by a signal as status 128 plus the signal's number. */
function asEnd(text: string): ExitStatus {
  const status = /^\d+$/.test(text) ? Number(text) : null;
  const signal = status === null ? undefined : signals[status - 128];
  return signal === undefined ? { code: status, signal: null } : { code: null, signal };
}

const signals: Readonly<Record<number, NodeJS.Signals>> = {
  1: 'SIGHUP',
  2: 'SIGINT',
  3: 'SIGQUIT',
  4: 'SIGILL',
  6: 'SIGABRT',
  8: 'SIGFPE',
  9: 'SIGKILL',
  11: 'SIGSEGV',
  15: 'SIGTERM',
};

function saysItsEnd(text: string): boolean {
  return text
    .split('\n')
    .some((line) => ['success', 'failure', 'crash'].includes(readEventLine(line)?.event.type ?? ''));
}

function textOf(file: string): string {
  try {
    return readText(file);
  } catch {
    return '';
  }
}
