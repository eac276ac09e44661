import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readJournal } from '../../history/events.ts';
import { oneInstance } from '../../history/instances.ts';
import type { RunRecord } from '../../history/record.ts';
import { selectRun } from '../../history/select-runs.ts';
import { homeOf } from '../../os/home.ts';
import { type InstanceId, type InstanceRef, instanceTag } from '../../plan/instance-id.ts';
import { runnerOf } from '../../runners/registry.ts';
import { TgError } from '../../util/errors.ts';
import { type ExitCode, exitCodes } from '../../util/exit-codes.ts';
import { note } from '../output/warn.ts';
import { leaveInterrupts } from '../signals.ts';

/**
 * `tg net shell <run> <instance> [command…]`: runs a command, or a shell, in the network of an active instance.
 * @returns runFailed if the command fails, and terminated if a signal has ended it.
 */
export async function netShell(asked: string, who: string, command: readonly string[]): Promise<ExitCode> {
  const record = await selectRun(homeOf(process.env), asked, note);
  const instance = oneInstance(record, who);
  if (record.state !== 'processing')
    throw new TgError('usage', `the run ${record.runId} is ${record.state}: its networks have ended with it`);
  const { enterNetwork } = await runnerOf(record.runner);
  if (enterNetwork === undefined)
    throw new TgError('usage', `instances of ${record.runner} have no networks of their own`, {
      hint: 'Run the plan with --runner local:netns.',
    });
  const ref = await startedAs(record, instance);
  if (ref === undefined) throw new TgError('usage', `${instanceTag(instance)} is not running`);
  const shell = command.length > 0 ? command : [process.env['SHELL'] || '/bin/sh'];
  return await carryOut([...enterNetwork(ref), ...shell]);
}

/** What an instance runs as; undefined before it has started and after it has ended. */
async function startedAs(record: RunRecord, instance: InstanceId): Promise<InstanceRef | undefined> {
  const tag = instanceTag(instance);
  let found: InstanceRef | undefined;
  for await (const its of readJournal(record.dir)) {
    if (!('instance' in its) || its.instance === undefined || instanceTag(its.instance) !== tag) continue;
    if (its.type === 'instance-started' || its.type === 'instance-restarted') found = its.ref;
    if (its.type === 'instance-exited') found = undefined;
  }
  return found;
}

/** Runs a program at this terminal, where Ctrl-C is for the program alone. Other signals end it. */
async function carryOut([program = '', ...args]: readonly string[]): Promise<ExitCode> {
  const child = spawn(program, args, { stdio: 'inherit' });
  // Shells at a terminal ignore SIGTERM.
  using signals = leaveInterrupts(() => child.kill('SIGHUP'));
  try {
    const [status] = await once(child, 'exit');
    return signals.exitCode() ?? (status === 0 ? exitCodes.success : exitCodes.runFailed);
  } catch (cause) {
    throw new TgError('environment', `cannot start ${program}`, { cause, hint: 'It is part of util-linux.' });
  }
}
