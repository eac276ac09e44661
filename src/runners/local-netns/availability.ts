import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { readProc } from '../../os/proc.ts';
import { codeOf, messageOf } from '../../util/errors.ts';
import { unshareWays } from './unshare-options.ts';

/** How long, in ms, making namespaces may take. */
const madeWithin = 10_000;

/**
 * Why local:netns cannot be used on this machine, as text; undefined if it probably can. It makes namespaces as a run
 * does, which takes milliseconds, but no devices in them: only a run, or a health check, finds out whether those work.
 */
export async function whyNoNetworks(): Promise<string | undefined> {
  if (process.platform !== 'linux') return `it needs Linux, and this is ${process.platform}`;
  if (!isCallerOfSystemInstalled())
    return `the optional package koffi is not installed for ${process.platform} on ${process.arch}`;
  let problem = '';
  for (const options of unshareWays()) {
    const its = await tryUnshare(options);
    if (its === undefined) return undefined;
    problem = its;
  }
  return [problem, ...forbidding()].join('; ');
}

/** Whether koffi, which calls the system for the processes that make networks, is there for this processor. */
function isCallerOfSystemInstalled(): boolean {
  try {
    const koffi = createRequire(import.meta.url).resolve('koffi');
    createRequire(koffi).resolve(`@koromix/koffi-${process.platform}-${process.arch}`);
    return true;
  } catch {
    return false;
  }
}

/** @returns what is wrong with it, in one line; undefined if it works. */
async function tryUnshare(options: readonly string[]): Promise<string | undefined> {
  try {
    await promisify(execFile)('unshare', [...options, 'true'], { timeout: madeWithin });
    return undefined;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return 'unshare of util-linux is not installed';
    // The first line is the command.
    const [command = '', said = ''] = messageOf(error).split('\n');
    return said || command;
  }
}

/** Settings of the kernel that forbid namespaces to ordinary users, with the value that does. */
const settings = {
  'user.max_user_namespaces': '0',
  'user.max_net_namespaces': '0',
  'kernel.unprivileged_userns_clone': '0',
  'kernel.apparmor_restrict_unprivileged_userns': '1',
} as const;

/** The settings that forbid it here, as sysctl(8) shows them. */
function forbidding(): string[] {
  return Object.entries(settings)
    .filter(([name, value]) => readProc(`/proc/sys/${name.replace('.', '/')}`)?.trim() === value)
    .map(([name, value]) => `sysctl ${name} = ${value}`);
}
