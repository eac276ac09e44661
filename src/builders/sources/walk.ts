import { accessSync, constants, lstatSync, readdirSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { codeOf } from '../../util/errors.ts';
import { formatSize } from '../../values/size.ts';
import { throwIfGivenUp } from '../tool/give-up.ts';
import { isInside } from './inside.ts';

/** A file of a plan, a link, or a folder with nothing in it, by its path below the plan's folder. */
export interface SourceFile {
  readonly path: string;
  readonly kind: 'file' | 'link' | 'folder';
  /** In bytes: of a file, and of one that a link leads to outside of the plan. */
  readonly size: number;
  /** Who may do what: the nine bits of its mode. */
  readonly mode: number;
  /** When it was last changed, in ms since the epoch: its ctime, which nobody can set back. */
  readonly changedMs: number;
  /** Where a link leads in a copy of the plan. */
  readonly target?: string;
}

/** Something in a plan's folder that is not copied. */
export interface LeftOut {
  readonly path: string;
  /**
   * A Python environment; a cache that its tag names; what version control keeps; an archive that tg made; what cannot be read; what is
   * neither file nor folder.
   */
  readonly kind: 'environment' | 'cache' | 'repository' | 'archive' | 'unreadable' | 'special';
  /** In words that follow its name. */
  readonly why: string;
}

/** What a plan consists of. */
export interface Sources {
  /** Sorted by path. */
  readonly files: readonly SourceFile[];
  readonly leftOut: readonly LeftOut[];
  /** The folders of packages of Node, `node_modules`, wherever they stand: what is in them is not listed. */
  readonly packages: readonly string[];
  /** What is outside of the plan and too large to be copied, in words: the plan's copy has a link to it. */
  readonly linked: readonly string[];
}

export interface Listing {
  /** A folder that is none of the plan's even if it is inside: the home. */
  readonly except?: string | undefined;
  /** What belongs to the plan even if a tag calls it a cache, or its name an archive of tg. */
  readonly isKept?: (place: string) => boolean;
  readonly signal?: AbortSignal | undefined;
}

/** The mode of a folder that a copy has anyway. */
const usualMode = 0o755;

/** In which version control keeps what it knows of a plan. */
const repositories = new Set(['.git', '.hg', '.svn']);
/** Files in which the tools of a desktop keep how they show a folder. */
const desktopFiles = new Set(['.DS_Store']);
/**
 * A folder with one of these files holds what can be made again: any cache (bford.info/cachedir), and what Cargo compiled, in a folder
 * that was there before and that it has not tagged.
 */
const cacheMarks = ['CACHEDIR.TAG', '.rustc_info.json'];
/** A folder with one of these is a Python environment: PEP 405's, conda's. */
const environmentMarks = ['pyvenv.cfg', 'conda-meta'];
/** An archive that tg made when it was called in the plan's folder. */
const archive = /^[0-9a-v]{20}\.tgz$/;
/** What a link leads to outside of the plan is copied up to this size; a plan's own files are, whatever their size. */
const mostOutside = { bytes: 64 * 1024 * 1024, files: 5_000 };

/** A folder that is walked as a whole: the plan's, or one outside to which a link leads. */
interface Scope {
  /** Its real path, and where it stands in the plan. */
  readonly real: string;
  readonly at: string;
  /** The real paths of the folders from which links have led here. */
  readonly closed: readonly string[];
  /** How much more may be found in it. */
  readonly room?: { bytes: number; files: number };
}

class TooMuch extends Error {}

/**
 * What a plan consists of. Links inside of it stay links; what links lead to outside is part of it, unless it is too large, or
 * holds the plan itself.
 * @throws the system's error where the folder itself cannot be read.
 */
export async function readSources(planDir: string, listing: Listing = {}): Promise<Sources> {
  const real = await realpath(planDir);
  const except = listing.except === undefined ? undefined : await realpath(listing.except).catch(() => '');
  const walk = new Walk(resolve(planDir), real, { ...listing, except });
  await walk.folder(real, '', { real, at: '', closed: [real] });
  await walk.followUnlisted();
  return walk.found();
}

class Walk {
  readonly #given: string;
  readonly #root: string;
  readonly #listing: Omit<Listing, 'except'> & { readonly except: string | undefined };
  #files: SourceFile[] = [];
  #leftOut: LeftOut[] = [];
  #packages: string[] = [];
  #linked: string[] = [];
  #folders = new Set<string>();
  /** Links that stay links, and what they lead to. */
  readonly #inside: { readonly link: SourceFile; readonly real: string; readonly scope: Scope }[] = [];

  constructor(
    given: string,
    root: string,
    listing: Omit<Listing, 'except'> & { except: string | undefined },
  ) {
    this.#given = given;
    this.#root = root;
    this.#listing = listing;
  }

  found(): Sources {
    const files = this.#files.sort((a, b) => (a.path < b.path ? -1 : 1));
    const leftOut = this.#leftOut.sort((a, b) => (a.path < b.path ? -1 : 1));
    return { files, leftOut, packages: this.#packages.sort(), linked: this.#linked };
  }

  /** @param real the folder's real path. @param at where it stands in the plan; empty for the plan itself. */
  async folder(real: string, at: string, scope: Scope): Promise<void> {
    throwIfGivenUp(this.#listing.signal);
    // These calls are short: to hand each of them to another thread takes longer.
    await nextTurn();
    const names = at === '' ? readdirSync(real) : this.#tried(at, () => readdirSync(real));
    if (names === undefined) return;
    if (at !== '' && this.#isApart(names, at)) return;
    this.#folders.add(at);
    const before = this.#files.length;
    for (const name of names) {
      if (!this.#isOfTools(name, join(at, name))) await this.#entry(join(real, name), join(at, name), scope);
    }
    if (at === '') return;
    const { mode, ctimeMs } = statSync(real);
    // What others may not see in the plan they may not see in the artifact either.
    const isEmpty = this.#files.length === before;
    if (isEmpty || (mode & 0o777) !== usualMode)
      this.#files.push({ path: at, kind: 'folder', size: 0, mode: mode & 0o777, changedMs: ctimeMs });
  }

  /** Whether something belongs to the tools around a plan rather than to the plan, as its name says. */
  #isOfTools(name: string, at: string): boolean {
    if (name === 'node_modules') this.#packages.push(at);
    else if (repositories.has(name))
      this.#leftOut.push({ path: at, kind: 'repository', why: 'a repository' });
    else if (archive.test(name) && !this.#listing.isKept?.(at))
      this.#leftOut.push({
        path: at,
        kind: 'archive',
        why: 'outputs that tg has collected, as its name says',
      });
    else return desktopFiles.has(name);
    return true;
  }

  /** Whether a folder is none of the plan's, though it is inside. */
  #isApart(names: readonly string[], at: string): boolean {
    if (environmentMarks.some((mark) => names.includes(mark))) {
      this.#leftOut.push({ path: at, kind: 'environment', why: 'a Python environment' });
      return true;
    }
    const mark = cacheMarks.find((each) => names.includes(each));
    if (mark === undefined || this.#listing.isKept?.(at)) return false;
    this.#leftOut.push({ path: at, kind: 'cache', why: `a cache, as its ${mark} says` });
    return true;
  }

  async #entry(path: string, at: string, scope: Scope): Promise<void> {
    const there = this.#tried(at, () => lstatSync(path));
    if (there === undefined) return;
    if (there.isSymbolicLink()) return await this.#link(path, at, scope, there.ctimeMs);
    if (there.isDirectory()) {
      if (path !== this.#listing.except) await this.folder(path, at, scope);
    } else if (!there.isFile()) {
      this.#leftOut.push({ path: at, kind: 'special', why: 'neither a file nor a folder' });
    } else if (this.#isReadable(path, at, there.mode)) {
      if (scope.room !== undefined) {
        scope.room.bytes -= there.size;
        scope.room.files--;
        if (scope.room.bytes < 0 || scope.room.files < 0) throw new TooMuch();
      }
      this.#add(at, there);
    }
  }

  #add(path: string, { size, mode, ctimeMs }: { size: number; mode: number; ctimeMs: number }): void {
    this.#files.push({ path, kind: 'file', size, mode: mode & 0o777, changedMs: ctimeMs });
  }

  /** @returns undefined for what has gone, and for what cannot be looked at, which is left out. */
  #tried<Result>(at: string, look: () => Result): Result | undefined {
    try {
      return look();
    } catch (error) {
      // The system's names need not be texts: one that is none comes with a sign in its place that leads nowhere.
      if (at.includes('\uFFFD'))
        this.#leftOut.push({ path: at, kind: 'unreadable', why: 'its name is not UTF-8' });
      else if (codeOf(error) !== 'ENOENT') this.#unreadable(at, error);
      return undefined;
    }
  }

  #isReadable(path: string, at: string, mode: number): boolean {
    if ((mode & 0o444) === 0o444) return true;
    try {
      accessSync(path, constants.R_OK);
      return true;
    } catch (error) {
      this.#unreadable(at, error);
      return false;
    }
  }

  #unreadable(path: string, error: unknown): void {
    this.#leftOut.push({ path, kind: 'unreadable', why: `it cannot be read: ${codeOf(error)}` });
  }

  async #link(path: string, at: string, scope: Scope, changedMs: number): Promise<void> {
    const text = this.#tried(at, () => readlinkSync(path));
    if (text === undefined) return;
    const real = realIfThere(path);
    const link = { path: at, kind: 'link', size: 0, mode: 0o777, changedMs } as const;
    const leadsTo = this.#withRealRoot(isAbsolute(text) ? text : resolve(dirname(path), text));
    const staysInside = isInside(scope.real, leadsTo) && (real === undefined || isInside(scope.real, real));
    if (staysInside) {
      const kept = { ...link, target: isAbsolute(text) ? relative(dirname(path), leadsTo) || '.' : text };
      if (real === undefined) this.#files.push(kept);
      else this.#inside.push({ link: kept, real, scope });
    } else if (real === undefined) this.#files.push({ ...link, target: text });
    else await this.#outside(link, real, scope);
  }

  /** A path in the plan's folder as it is given may lead over a link; its real path does not. */
  #withRealRoot(path: string): string {
    return isInside(this.#given, path) ? join(this.#root, relative(this.#given, path)) : path;
  }

  async #outside(link: SourceFile, real: string, scope: Scope): Promise<void> {
    const { path } = link;
    const there = this.#tried(path, () => statSync(real));
    if (there === undefined || real === this.#listing.except) return;
    const linkTo = (why: string) => {
      this.#files.push({ ...link, target: real, size: there.size, changedMs: there.ctimeMs });
      this.#linked.push(`${path} (${real}: ${why})`);
    };
    if (there.isFile()) {
      if (there.size > mostOutside.bytes) linkTo(formatSize(there.size));
      else if (this.#isReadable(real, path, there.mode)) this.#add(path, there);
      return;
    }
    if (!there.isDirectory())
      return void this.#leftOut.push({ path, kind: 'special', why: 'neither a file nor a folder' });
    if (isInside(real, this.#root)) return linkTo('it holds the plan');
    if (scope.closed.includes(real)) return linkTo('it links to itself');
    await this.#folderOutside(path, real, scope, linkTo);
  }

  async #folderOutside(
    at: string,
    real: string,
    { closed, room = { ...mostOutside } }: Scope,
    linkTo: (why: string) => void,
  ): Promise<void> {
    const before = [
      this.#files.length,
      this.#leftOut.length,
      this.#packages.length,
      this.#linked.length,
      this.#inside.length,
    ] as const;
    try {
      await this.folder(real, at, { real, at, closed: [...closed, real], room });
    } catch (error) {
      if (!(error instanceof TooMuch)) throw error;
      [this.#files, this.#leftOut, this.#packages, this.#linked, this.#inside].forEach((list, index) => {
        list.length = before[index] ?? 0;
      });
      linkTo(`more than ${formatSize(mostOutside.bytes)}, or ${mostOutside.files} files`);
    }
  }

  /** What a link leads to inside the plan may be left out: then it is part of the plan at the place of the link. */
  async followUnlisted(): Promise<void> {
    const paths = new Set(this.#files.map(({ path }) => path));
    const apart = this.#leftOut.filter(({ kind }) => kind === 'environment').map(({ path }) => path);
    for (const { link, real, scope } of this.#inside.splice(0)) {
      const target = join(scope.at, relative(scope.real, real));
      const isThere = target === '.' || paths.has(target) || this.#folders.has(target === '.' ? '' : target);
      // Packages and environments are linked where they are needed.
      const isLinked =
        /(^|\/)node_modules(\/|$)/.test(target) || apart.some((folder) => isInside(folder, target));
      if (isThere || isLinked) this.#files.push(link);
      else await this.#outside(link, real, scope);
    }
    this.#files.push(...this.#inside.map(({ link }) => link));
  }
}

function realIfThere(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
