import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Home } from '../os/home.ts';
import { ownFiles } from '../os/own-package.ts';
import { runDirOf, runFiles } from '../outputs/layout.ts';
import type { RunSpec } from '../plan/run-spec.ts';
import { jsonWithRunSpecs } from '../plan/run-spec-schema.ts';
import { asTyped } from '../util/command-name.ts';
import { messageOf, TgError } from '../util/errors.ts';
import { type ExitCode, exitCodes } from '../util/exit-codes.ts';
import type { RunFlags } from './flags/run-flags.ts';
import type { DetachedJson } from './output/json/detached-json.ts';
import { LineFormat } from './output/lines.ts';
import { printJson, say } from './output/say.ts';

const pollIntervalMs = 20;

/**
 * Starts a separate process that carries out the runs and outlives this one. @throws TgError (environment) if it
 * does not start.
 */
export async function detach(specs: readonly RunSpec[], flags: RunFlags, home: Home): Promise<ExitCode> {
  const [first] = specs;
  if (first === undefined) return exitCodes.success;
  const log = logOf(home, first.runId);
  const fd = openSync(log, 'a');
  const { detach: _, ...rest } = flags;
  const child = spawn(process.execPath, [ownFiles().tg, '__carry-out'], {
    detached: true,
    stdio: ['pipe', fd, fd],
  });
  closeSync(fd);
  const ended = new Promise<true>((resolve) => child.once('close', () => resolve(true)));
  const request = { specs, flags: rest };
  // If the child does not read its stdin, it has exited, which is reported separately.
  child.stdin?.on('error', () => {});
  child.stdin?.end(jsonWithRunSpecs(request));
  const journal = join(runDirOf(home, first.plan.name, first.runId), runFiles.journal);
  while (!existsSync(journal)) {
    if (await Promise.race([ended, sleep(pollIntervalMs, false)])) {
      throw new TgError('environment', `the run did not start:\n${readFileSync(log, 'utf8')}`, {
        where: log,
        hint: 'Fix what it says, or leave --detach out to see the run here.',
      });
    }
  }
  child.unref();
  (flags.json ? printJson : say)(messageFor(specs, first, flags));
  return exitCodes.success;
}

function messageFor(
  specs: readonly RunSpec[],
  { runId, series }: RunSpec,
  { quiet, json }: RunFlags,
): string {
  if (json) {
    const data: DetachedJson = {
      version: 1,
      run_id: runId,
      series: series?.id ?? null,
      runs: specs.map(({ name }) => name),
    };
    return `${JSON.stringify(data)}\n`;
  }
  if (quiet) return `${runId}\n`;
  const format = new LineFormat(false);
  const more = specs.slice(1).map(({ name }) => name);
  return [
    `\n>>> Result:\n\n${format.log('INFO', `run is queued with ID: ${runId}`)}`,
    series === undefined ? '' : format.log('INFO', `series ID: ${series.id}`),
    more.length === 0
      ? ''
      : format.log('INFO', `next: ${more.join(', ')}; ${asTyped('tasks')} lists each once it has started`),
  ].join('');
}

/** The log of the detached process, with the errors that ended it. */
export function logOf({ root }: Home, runId: string): string {
  const folder = join(root, 'data', 'detached');
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new TgError('environment', `a run cannot be detached here: ${messageOf(error)}`, {
      where: folder,
      hint: 'Fix the permissions of that folder, or leave --detach out.',
    });
  }
  return join(folder, `${runId}.log`);
}
