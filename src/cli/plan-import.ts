import { existsSync, lstatSync } from 'node:fs';
import { mkdir, realpath, rm, stat, symlink, unlink } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { TgError } from '../errors.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { homeOf, prepareHome } from '../home.ts';
import { listPlans } from '../plan/manifest/find.ts';
import { say, sayAside } from './output/say.ts';
import { caseLines } from './plan-list.ts';
import { placeOfPlan } from './plan-place.ts';

export interface PlanImportOptions {
  readonly from: string;
  readonly git?: boolean;
  readonly name?: string;
}

/** `tg plan import`: links a folder, or clones a repository, into the home's plans. */
export async function planImport({ from, git, name }: PlanImportOptions): Promise<ExitCode> {
  const home = homeOf(process.env);
  await prepareHome(home);
  const target = placeOfPlan(home.plans, name ?? nameOf(from, git === true), '--name');
  if (lstatSync(target, { throwIfNoEntry: false }) !== undefined) {
    sayAside(`there is a plan already, nothing was imported: ${target}\n`);
    return exitCodes.success;
  }
  await mkdir(dirname(target), { recursive: true });
  if (git) await clone(from, target);
  else await link(from, target);
  const imported = (await listPlans(home)).filter(
    ({ dir }) => dir === target || dir.startsWith(`${target}/`),
  );
  if (imported.length === 0) {
    sayAside(`there is no manifest.toml in it, nor one folder deeper: ${target}\n`);
    return exitCodes.success;
  }
  say(`imported plans:\n${await caseLines(imported, false)}`);
  return exitCodes.success;
}

/** The last part of a path or an address, without what git adds. */
function nameOf(from: string, git: boolean): string {
  const plain = from.replace(/[/\\]+$/, '');
  const last = basename(
    git ? plain.replace(/^.*:/, (match) => (plain.includes('://') ? match : '')) : resolve(plain),
  );
  return git ? last.replace(/\.git$/, '') : last;
}

async function link(from: string, target: string): Promise<void> {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(from)?.[1];
  if ((scheme !== undefined && scheme !== 'file') || /^[\w.-]+@[\w.-]+:/.test(from)) {
    throw new TgError('usage', `not a folder: ${from}`, {
      where: '--from',
      hint: 'Add --git to clone a repository.',
    });
  }
  const folder = resolve(scheme === 'file' ? fileURLToPath(from) : from);
  const there = await stat(folder).catch(() => undefined);
  if (there?.isDirectory() !== true) {
    throw new TgError('usage', `there is no folder ${folder}`, { where: '--from' });
  }
  const source = await realpath(folder);
  await symlink(source, target);
  say(`created symlink ${target} -> ${source}\n`);
}

async function clone(from: string, target: string): Promise<void> {
  const { exitCode, stderr, code } = await execa('git', ['clone', '--quiet', '--', from, target], {
    reject: false,
    stdin: 'ignore',
    env: { GIT_TERMINAL_PROMPT: '0' },
  });
  if (exitCode === 0) {
    say(`cloned ${from} -> ${target}\n`);
    return;
  }
  await rm(target, { recursive: true, force: true });
  if (code === 'ENOENT') {
    throw new TgError('environment', 'there is no git here', { hint: 'Install git, or import a folder.' });
  }
  throw new TgError('environment', `git cannot clone it:\n${stderr}`, { where: '--from' });
}

export interface PlanRmOptions {
  readonly plan: string;
  readonly yes?: boolean;
}

/** `tg plan rm`: removes a plan from the home; of an imported folder only the link. */
export async function planRm({ plan, yes }: PlanRmOptions): Promise<ExitCode> {
  const home = homeOf(process.env);
  const target = placeOfPlan(home.plans, plan, '--plan');
  const there = lstatSync(target, { throwIfNoEntry: false });
  if (there === undefined) {
    const known = (await listPlans(home)).map(({ name }) => name);
    const ships = known.includes(plan) && !existsSync(target);
    throw new TgError('usage', ships ? `"${plan}" ships with tg, and stays` : `no plan is called "${plan}"`, {
      where: home.plans,
      hint: `There are: ${known.join(', ')}.`,
    });
  }
  if (!yes) {
    say(`really delete ${target}? pass --yes flag to confirm.\n`);
    return exitCodes.success;
  }
  if (there.isSymbolicLink()) await unlink(target);
  else await rm(target, { recursive: true });
  say(`plan at ${target} removed.\n`);
  return exitCodes.success;
}
