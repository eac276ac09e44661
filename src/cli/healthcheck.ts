import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { messageOf } from '../errors.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { listRecords } from '../history/record.ts';
import { terminateRun } from '../history/terminate.ts';
import { type Home, homeOf, prepareHome } from '../home.ts';
import { meaningsOf } from '../plan/resolve/choices.ts';
import { processesWith } from '../run/leftovers.ts';
import { fileLimit, instancesWithin } from '../run/machine/limits.ts';
import { diskProblem } from '../run/machine/output-guard.ts';
import { serviceName } from '../run/service-name.ts';
import { say } from './output/say.ts';

export interface HealthcheckOptions {
  readonly runner?: string;
  readonly fix?: boolean;
}

/** What was seen of one thing that runs need, or that some of them do. */
interface Seen {
  readonly state: 'ok' | 'failed' | 'missing';
  readonly words: string;
}

interface Check {
  readonly name: string;
  readonly look: () => Promise<Seen>;
  /** Mends it. @returns what was done, in words. */
  readonly fix?: () => Promise<string>;
}

/** `tg healthcheck`, also `tg doctor`: looks whether this machine has what runs need; with `--fix` mends what can be. */
export async function healthcheck({ runner = 'local:exec', fix }: HealthcheckOptions): Promise<ExitCode> {
  meaningsOf('runner', runner);
  const checks = checksOf(homeOf(process.env));
  const lines: string[] = [];
  const fixes: string[] = [];
  let failed = 0;
  for (const check of checks) {
    const seen = await check.look();
    lines.push(`- ${check.name}: ${seen.state}; ${seen.words}`);
    if (seen.state === 'ok') continue;
    if (fix && check.fix !== undefined) fixes.push(`- ${check.name}: ok; ${await check.fix()}`);
    else if (seen.state === 'failed') failed++;
  }
  const done = fixes.length === 0 ? 'No fixes applied.' : `Fixes:\n${fixes.join('\n')}`;
  say(`\n>>> Result:\n\nfinished checking runner ${runner}\nChecks:\n${lines.join('\n')}\n${done}\n`);
  return failed === 0 ? exitCodes.success : exitCodes.environment;
}

function checksOf(home: Home): Check[] {
  return [
    {
      name: 'home-dir',
      look: () => isFolder(home.root),
      fix: async () => {
        await prepareHome(home);
        return `made ${home.root}`;
      },
    },
    {
      name: 'local-outputs-dir',
      look: () => isFolder(home.outputs),
      fix: async () => {
        await mkdir(home.outputs, { recursive: true });
        return `made ${home.outputs}`;
      },
    },
    { name: 'loopback', look: loopback },
    { name: 'disk', look: async () => disk(home) },
    { name: 'open-files', look: async () => openFiles() },
    { name: 'interrupted-runs', look: () => leftBehind(home), fix: () => endLeftBehind(home) },
    { name: 'unfinished-builds', look: () => unfinished(home), fix: () => removeUnfinished(home) },
    {
      name: 'node',
      look: async () => ({
        state: 'ok',
        words: `${process.version}, for plans in TypeScript and JavaScript`,
      }),
    },
    { name: 'go', look: () => tool('go', ['version'], 'plans in Go cannot be built') },
    { name: 'cargo', look: () => tool('cargo', ['--version'], 'plans in Rust cannot be built') },
    {
      name: 'redis-server',
      look: () => tool('redis-server', ['--version'], '--sync redis needs the URL of one'),
    },
    { name: 'git', look: () => tool('git', ['--version'], 'plan import --git does not work') },
    { name: 'service-name', look: byName },
  ];
}

async function isFolder(dir: string): Promise<Seen> {
  return existsSync(dir)
    ? { state: 'ok', words: `directory exists: ${dir}` }
    : { state: 'missing', words: `there is no ${dir} yet; a run makes it` };
}

async function loopback(): Promise<Seen> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    return { state: 'ok', words: 'tg can listen on 127.0.0.1' };
  } catch (error) {
    return { state: 'failed', words: `tg cannot listen on 127.0.0.1: ${messageOf(error)}` };
  } finally {
    server.close();
  }
}

function disk({ root }: Home): Seen {
  const full = diskProblem(existsSync(root) ? root : dirname(root));
  return full === undefined
    ? { state: 'ok', words: 'there is room for runs' }
    : { state: 'failed', words: full };
}

function openFiles(): Seen {
  const { most } = fileLimit();
  if (!Number.isFinite(most))
    return { state: 'ok', words: 'this system does not say how many files may be open' };
  return {
    state: 'ok',
    words: `${most} files may be open: enough for about ${instancesWithin(most)} instances`,
  };
}

async function interrupted(home: Home) {
  const found = [];
  for await (const record of listRecords(home)) if (record.state === 'interrupted') found.push(record);
  return found;
}

async function leftBehind(home: Home): Promise<Seen> {
  const runs = await interrupted(home);
  const found = await Promise.all(runs.map(({ runId }) => processesWith(`TEST_RUN=${runId}`)));
  const left = found.flat().length;
  if (left === 0) return { state: 'ok', words: `${runs.length} interrupted, and nothing is left of them` };
  return { state: 'failed', words: `${left} processes are left of runs that were interrupted` };
}

async function endLeftBehind(home: Home): Promise<string> {
  const words = await Promise.all((await interrupted(home)).map(terminateRun));
  return words.filter((done) => done !== undefined).join(', ');
}

/** A build that is going on writes, within an hour, into what it will rename. */
const hour = 60 * 60 * 1_000;

async function unfinishedIn({ work }: Home): Promise<string[]> {
  const names = (await readdir(work).catch(() => [])).filter((name) => name.endsWith('.partial'));
  const dirs = names.map((name) => join(work, name));
  const ages = await Promise.all(
    dirs.map((dir) =>
      stat(dir).then(
        ({ mtimeMs }) => Date.now() - mtimeMs,
        () => 0,
      ),
    ),
  );
  return dirs.filter((_, index) => (ages[index] ?? 0) > hour);
}

async function unfinished(home: Home): Promise<Seen> {
  const dirs = await unfinishedIn(home);
  if (dirs.length === 0) return { state: 'ok', words: 'none' };
  return { state: 'failed', words: `${dirs.length} were given up and take space in ${home.work}` };
}

async function removeUnfinished(home: Home): Promise<string> {
  const dirs = await unfinishedIn(home);
  for (const dir of dirs) await rm(dir, { recursive: true, force: true });
  return `removed ${dirs.length}`;
}

async function tool(name: string, args: readonly string[], without: string): Promise<Seen> {
  const { exitCode, stdout } = await execa(name, args, { reject: false, stdin: 'ignore' });
  if (exitCode === 0) return { state: 'ok', words: stdout.split('\n')[0] ?? name };
  return { state: 'missing', words: `there is no ${name}: ${without}` };
}

async function byName(): Promise<Seen> {
  try {
    const { shared } = await serviceName();
    const how = shared === undefined ? 'in a mount namespace of its own' : 'because this machine knows it';
    return { state: 'ok', words: `the Rust crate finds testground-sync-service ${how}` };
  } catch (error) {
    return { state: 'missing', words: `the Rust crate would not find the sync service: ${messageOf(error)}` };
  }
}
