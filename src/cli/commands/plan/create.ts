import { existsSync, statSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { execa } from 'execa';
import { createFolderAtomically } from '../../../os/atomic-folder.ts';
import { homeOf, makeFolder, prepareHome } from '../../../os/home.ts';
import { templatesFolder } from '../../../os/own-package.ts';
import { asTyped } from '../../../util/command-name.ts';
import { codeOf, expecting, TgError } from '../../../util/errors.ts';
import { type ExitCode, exitCodes } from '../../../util/exit-codes.ts';
import { quoted } from '../../../util/shell-quote.ts';
import { placeOfPlan } from '../../flags/plan-place.ts';
import { say, sayAside } from '../../output/say.ts';

export interface PlanCreateOptions {
  readonly plan: string;
  readonly target: string;
  readonly module: string;
  readonly remote?: string;
  readonly dir?: string;
}

/** Aliases of languages. */
const aliases: Readonly<Record<string, string>> = {
  ts: 'typescript',
  js: 'javascript',
  node: 'typescript',
  rs: 'rust',
  py: 'python',
  python3: 'python',
  uv: 'python-uv',
  venv: 'python-venv',
  golang: 'go',
  shell: 'generic',
  sh: 'generic',
};

/** Templates that extend another template with files of their own. */
const variantsOf: Readonly<Record<string, string>> = { 'python-uv': 'python', 'python-venv': 'python' };

/** Files that a template shares with another one. */
const sharedFiles: Readonly<Record<string, readonly [template: string, file: string]>> = {
  javascript: ['typescript', 'testground-tg.d.ts'],
};

/** `tg plan create`: creates a plan that builds and passes, in the home or in a folder. */
export async function planCreate(options: PlanCreateOptions): Promise<ExitCode> {
  const { plan, module, remote } = options;
  checkName(plan);
  const template = await templateFiles(options.target);
  const home = homeOf(process.env);
  if (options.dir === undefined) await prepareHome(home);
  const dir = options.dir ?? placeOfPlan(home.plans, plan, '--plan');
  const name = plan.split('/').at(-1) ?? plan;
  const fill = async (folder: string) => {
    await fillFrom(template, folder, { name, module });
    await startRepository(folder, remote);
  };
  const beside = options.dir === undefined ? home.plans : dirname(resolve(dir));
  const isNew = await makeAt(resolve(dir), beside, fill).catch(
    expecting(
      'environment',
      dir,
      'the plan cannot be created',
      'Choose another --dir, or fix its permissions.',
    ),
  );
  if (!isNew) {
    throw new TgError('usage', 'already exists and is not an empty folder', {
      where: dir,
      hint:
        options.dir === undefined
          ? 'Choose another --plan, or --dir for another place.'
          : 'Choose another --dir, or empty that folder.',
    });
  }
  say(`new test plan created under: ${dir}\n`);
  const asked = options.dir === undefined ? plan : asPath(dir);
  say(`run it: ${asTyped(`run single --plan ${quoted(asked)}`)}\n`);
  return exitCodes.success;
}

/** A folder in the form that a flag for names and paths reads as a path. */
function asPath(dir: string): string {
  return /^\.{0,2}\//.test(dir) ? dir : `./${dir}`;
}

/** @returns false if the path exists already. */
async function makeAt(dir: string, beside: string, fill: (dir: string) => Promise<void>): Promise<boolean> {
  if (existsSync(dir)) return await fillEmpty(dir, fill);
  await makeFolder(beside);
  return await createFolderAtomically(dir, beside, fill);
}

/** @returns false if the path exists already. */
async function fillEmpty(dir: string, fill: (dir: string) => Promise<void>): Promise<boolean> {
  if (!statSync(dir).isDirectory() || (await readdir(dir)).length > 0) return false;
  return await fill(dir).then(
    () => true,
    (error: unknown) => {
      // Another process fills the same folder.
      if (codeOf(error) === 'EEXIST') return false;
      throw error;
    },
  );
}

/** Writes the files of a template into a folder, with the plan's names filled in. @throws EEXIST if a file exists. */
async function fillFrom(
  template: ReadonlyMap<string, string>,
  dir: string,
  { name, module }: { readonly name: string; readonly module: string },
): Promise<void> {
  const words = {
    PLAN: name,
    CRATE: crateName(name),
    // npm requires lower case.
    PACKAGE: crateName(name).toLowerCase(),
    MODULE: module,
  };
  for (const [path, from] of template) {
    // npm excludes or obeys a file named .gitignore, so templates ship it under another name.
    const to = join(dir, path.replace(/(^|\/)gitignore$/, '$1.gitignore'));
    const text = (await readFile(from, 'utf8')).replaceAll(
      /__(PLAN|CRATE|PACKAGE|MODULE)__/g,
      (_, key: keyof typeof words) => words[key],
    );
    await makeFolder(dirname(to));
    await writeFile(to, text, { flag: 'wx' });
  }
}

/** A name that is valid for a Cargo package. */
function crateName(name: string): string {
  return `plan-${name.replace(/[^A-Za-z0-9_-]/g, '-')}`;
}

function checkName(plan: string): void {
  if (/^[\w@+-][\w.@+-]*(\/[\w@+-][\w.@+-]*)?$/.test(plan)) return;
  throw new TgError('usage', `not a plan name: ${JSON.stringify(plan)}`, {
    where: '--plan',
    hint: 'Use letters, digits and . _ + @ -, with at most one slash.',
  });
}

/** The files of a template, by their paths in the plan. */
async function templateFiles(target: string): Promise<Map<string, string>> {
  const known = await readdir(templatesFolder);
  const name = aliases[target] ?? target;
  if (!known.includes(name)) {
    throw new TgError('usage', `there is no template for "${target}"`, {
      where: '--target',
      hint: `Templates: ${[...known].sort().join(', ')}.`,
    });
  }
  const files = new Map<string, string>();
  for (const folder of [variantsOf[name], name]) {
    if (folder === undefined) continue;
    const root = join(templatesFolder, folder);
    for (const file of await readdir(root, { recursive: true, withFileTypes: true })) {
      const path = join(file.parentPath, file.name);
      if (file.isFile()) files.set(relative(root, path), path);
    }
  }
  const shared = sharedFiles[name];
  if (shared !== undefined) files.set(shared[1], join(templatesFolder, ...shared));
  return files;
}

/**
 * Creates a git repository, as testground does, unless the folder is inside one already: git could not add it
 * there. Does nothing on a machine without git.
 */
async function startRepository(dir: string, remote: string | undefined): Promise<void> {
  const git = (...args: string[]) => execa('git', args, { cwd: dir, reject: false, stdin: 'ignore' });
  // Also finds a surrounding repository that belongs to another user.
  const toplevel = await git('-c', 'safe.directory=*', 'rev-parse', '--show-toplevel');
  if (toplevel.exitCode === 0) {
    if (remote !== undefined)
      sayAside(
        `no git repository was created, and --remote is ignored: the plan is inside the repository ${toplevel.stdout}\n`,
      );
    return;
  }
  const { exitCode, stderr } = await git('init', '--quiet');
  if (exitCode !== 0) sayAside(`no git repository was created: ${stderr || 'git not found'}\n`);
  else if (remote !== undefined) await git('remote', 'add', 'origin', remote);
}
