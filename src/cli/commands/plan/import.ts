import { lstatSync } from 'node:fs';
import { realpath, stat, symlink } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { createFolderAtomically } from '../../../os/atomic-folder.ts';
import { type Home, homeOf, makeFolder, prepareHome } from '../../../os/home.ts';
import { holdsPlan, listPlans } from '../../../plan/manifest/find.ts';
import { manifestFile } from '../../../plan/manifest/manifest-file.ts';
import { asTyped } from '../../../util/command-name.ts';
import { codeOf, expecting, TgError } from '../../../util/errors.ts';
import { type ExitCode, exitCodes } from '../../../util/exit-codes.ts';
import { placeOfPlan } from '../../flags/plan-place.ts';
import { say, sayAside } from '../../output/say.ts';
import { watchSignals } from '../../signals.ts';
import { caseLines } from './list.ts';

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
  const isFree = lstatSync(target, { throwIfNoEntry: false }) === undefined;
  const isNew = isFree && (await (git ? cloneUntilSignal(from, target, home) : link(from, target, home)));
  if (typeof isNew !== 'boolean') return isNew;
  if (!isNew) {
    sayAside(`already exists, nothing was imported: ${target}\n`);
    return exitCodes.success;
  }
  const imported = (await listPlans(home)).filter(
    ({ dir }) => dir === target || dir.startsWith(`${target}/`),
  );
  say(`imported plans:\n${await caseLines(imported, false)}`);
  return exitCodes.success;
}

/** The last part of a path or URL, without the suffix of git. */
function nameOf(from: string, git: boolean): string {
  const plain = from.replace(/[/\\]+$/, '');
  const last = basename(
    git ? plain.replace(/^.*:/, (match) => (plain.includes('://') ? match : '')) : resolve(plain),
  );
  return git ? last.replace(/\.git$/, '') : last;
}

/** @returns false if the target exists already. */
async function link(from: string, target: string, home: Home): Promise<boolean> {
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
    throw new TgError('usage', `no such folder: ${folder}`, {
      where: '--from',
      hint: 'Name a folder with a manifest.toml, or with --git the URL of a repository.',
    });
  }
  const source = await realpath(folder);
  await requirePlan(source, source, isNested(target, home));
  const unwritable = cannotBeWritten(home);
  await makeFolder(dirname(target)).catch(unwritable);
  try {
    await symlink(source, target);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    return unwritable(error);
  }
  say(`created symlink ${target} -> ${source}\n`);
  return true;
}

/**
 * @returns whether the clone is complete, or the exit code of the signal that interrupted it; an interrupted clone
 * is removed.
 */
async function cloneUntilSignal(from: string, target: string, home: Home): Promise<boolean | ExitCode> {
  using interrupts = watchSignals();
  try {
    return await clone(from, target, home, interrupts.cancel);
  } catch (error) {
    const code = interrupts.exitCode();
    if (code !== undefined) return code;
    throw error;
  }
}

/** @returns false if the target exists already, or was created meanwhile. */
async function clone(from: string, target: string, home: Home, cancel: AbortSignal): Promise<boolean> {
  const isNew = await createFolderAtomically(target, home.plans, async (partial) => {
    await cloneInto(from, partial, cancel);
    await requirePlan(partial, from, isNested(target, home));
  }).catch(cannotBeWritten(home));
  if (isNew) say(`cloned ${from} -> ${target}\n`);
  return isNew;
}

async function cloneInto(from: string, folder: string, cancelSignal: AbortSignal): Promise<void> {
  const { exitCode, stderr, code } = await execa('git', ['clone', '--quiet', '--', from, folder], {
    reject: false,
    stdin: 'ignore',
    env: { GIT_TERMINAL_PROMPT: '0' },
    cancelSignal,
    forceKillAfterDelay: 500,
  });
  if (exitCode === 0) return;
  if (code === 'ENOENT') {
    throw new TgError('environment', 'git not found', { hint: 'Install git, or import a folder.' });
  }
  throw new TgError('environment', `git cannot clone the repository:\n${stderr}`, {
    where: '--from',
    hint: 'Check that git clone works here with that URL, without a prompt.',
  });
}

/** Plans are searched in the home's plans and one level deeper. */
function isNested(target: string, { plans }: Home): boolean {
  return dirname(target) !== plans;
}

/** @throws TgError (usage) if the folder holds neither a plan nor, where nesting is allowed, folders with plans. */
async function requirePlan(folder: string, from: string, isNestedIn: boolean): Promise<void> {
  if (await holdsPlan(folder, isNestedIn ? 0 : 1)) return;
  const where = isNestedIn ? 'in it' : 'in it or one folder below';
  throw new TgError('usage', `no ${manifestFile} ${where}: ${from}`, {
    where: '--from',
    hint: `A plan is a folder with a ${manifestFile}; ${asTyped('plan create')} creates one.`,
  });
}

function cannotBeWritten({ plans }: Home): (error: unknown) => never {
  return expecting(
    'environment',
    plans,
    'the plan cannot be imported',
    'Fix the permissions of that folder.',
  );
}
