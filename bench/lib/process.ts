import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { readProc } from '../../src/os/proc.ts';

/** A program with its arguments. */
export type Command = readonly [program: string, ...args: string[]];

interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Called with the PID once it runs. */
  readonly onStart?: (pid: number) => void;
}

/** The result of a process that ran to its end. */
export interface Ran {
  /** The time from its start to its end, in ms. */
  readonly ms: number;
  readonly stdout: string;
}

/**
 * Runs a program to its end, and reads its output.
 * @throws Error with its output, if its status is not 0.
 */
export async function run([program, ...args]: Command, { cwd, env, onStart }: RunOptions = {}): Promise<Ran> {
  const began = performance.now();
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (child.pid !== undefined) onStart?.(child.pid);
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text: string) => {
      said[name] += text;
    });
  const [code] = (await once(child, 'close')) as [number | null];
  const ms = performance.now() - began;
  if (code !== 0)
    throw new Error(`${program} ${args.join(' ')}: status ${code}\n${said.stdout}${said.stderr}`);
  return { ms, stdout: said.stdout };
}

/** A server that runs during a measurement. */
export interface Server extends AsyncDisposable {
  readonly pid: number;
  readonly port: number;
}

/**
 * Starts a server and waits until it listens.
 * @param port the port on which it will listen, or a pattern that finds it in its first line.
 */
export async function serve(
  [program, ...args]: Command,
  port: number | RegExp,
  env: Readonly<Record<string, string>> = {},
): Promise<Server> {
  const child = spawn(program, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = once(child, 'exit');
  const { pid } = child;
  if (pid === undefined) throw new Error(`${program} cannot be started`);
  const lines = createInterface({ input: child.stdout });
  const at = typeof port === 'number' ? port : Number(port.exec(await firstOf(lines))?.[1]);
  await untilListening(at);
  return {
    pid,
    port: at,
    async [Symbol.asyncDispose]() {
      child.kill();
      await ended;
    },
  };
}

async function firstOf(lines: AsyncIterable<string>): Promise<string> {
  for await (const line of lines) return line;
  throw new Error('the server has ended without output');
}

async function untilListening(port: number): Promise<void> {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const isThere = () =>
    ['tcp', 'tcp6'].some((table) =>
      new RegExp(`:${hex} [0-9A-F:]+ 0A `).test(readFileSync(`/proc/net/${table}`, 'utf8')),
    );
  while (!isThere()) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** A figure of /proc/<pid>/status, in bytes: VmRSS is the current memory, VmHWM its peak; 0 for a process that has ended. */
export function memoryOf(pid: number, name: 'VmRSS' | 'VmHWM'): number {
  const [, kilobytes] =
    new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(readProc(`/proc/${pid}/status`) ?? '') ?? [];
  return Number(kilobytes ?? 0) * 1024;
}

/** Runs a program to its end as `run` does. @returns also its peak memory, in MB. */
export async function runWatched(
  command: Command,
  options: RunOptions = {},
): Promise<Ran & { readonly peak: number }> {
  let peak = 0;
  let timer: NodeJS.Timeout | undefined;
  const onStart = (pid: number) => {
    timer = setInterval(() => {
      peak = Math.max(peak, memoryOf(pid, 'VmHWM'));
    }, 10);
  };
  try {
    return { ...(await run(command, { ...options, onStart })), peak: peak / 1e6 };
  } finally {
    clearInterval(timer);
  }
}
