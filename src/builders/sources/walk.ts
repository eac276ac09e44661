import { accessSync, constants, lstatSync, readdirSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { codeOf } from '../../util/errors.ts';
import { formatSize } from '../../values/size.ts';
import { throwIfAborted } from '../tool/throw-if-aborted.ts';
import { isInside } from './inside.ts';

/** A file of a plan, a link, or an empty folder, by its path below the plan's folder. */
export interface SourceFile {
  readonly path: string;
  readonly kind: 'file' | 'link' | 'folder';
  /** In bytes, also for a link's target outside of the plan. */
  readonly size: number;
  /** The nine permission bits of its mode. */
  readonly mode: number;
  /** The ctime in ms since the epoch, which cannot be set back. */
  readonly changedMs: number;
  /** The target of a link in a copy of the plan. */
  readonly target?: string;
}

/** A path in a plan's folder that is not copied. */
export interface LeftOut {
  readonly path: string;
  /**
   * A Python environment; a tagged cache; data of version control; an archive made by tg; an unreadable path; a
   * path that is neither file nor folder.
   */
  readonly kind: 'environment' | 'cache' | 'repository' | 'archive' | 'unreadable' | 'special';
  /** The reason, to follow its name. */
  readonly why: string;
}

/** The contents of a plan. */
export interface Sources {
  /** Sorted by path. */
  readonly files: readonly SourceFile[];
  readonly leftOut: readonly LeftOut[];
  /** All `node_modules` folders; their contents are not listed. */
  readonly packages: readonly string[];
  /** Notes on paths outside of the plan that are too large to copy; the plan's copy has links to them. */
  readonly linked: readonly string[];
}

export interface Listing {
  /** A folder that does not belong to the plan even if it is inside: the home. */
  readonly except?: string | undefined;
  /** Whether a path belongs to the plan even if it is tagged as a cache, or has the name of an archive of tg. */
  readonly isKept?: (place: string) => boolean;
  readonly signal?: AbortSignal | undefined;
}

/** The default mode of folders in a copy. */
const usualMode = 0o755;

/** The folders of version control. */
const repositories = new Set(['.git', '.hg', '.svn']);
/** Files in which desktops store the view settings of a folder. */
const desktopFiles = new Set(['.DS_Store']);
/**
 * Files that mark a folder as a cache: the general tag (bford.info/cachedir), and Cargo's output in a folder that
 * existed before and so is not tagged.
 */
const cacheMarks = ['CACHEDIR.TAG', '.rustc_info.json'];
/** Files that mark a Python environment: PEP 405's and conda's. */
const environmentMarks = ['pyvenv.cfg', 'conda-meta'];
/** An archive that tg wrote into the plan's folder. */
const archive = /^[0-9a-v]{20}\.tgz$/;
/** The limit up to which a link's target outside of the plan is copied; a plan's own files have no limit. */
const maxOutside = { bytes: 64 * 1024 * 1024, files: 5_000 };

/** A folder that is walked as a whole: the plan's, or a link's target outside. */
interface Scope {
  /** Its real path, and its path in the plan. */
  readonly real: string;
  readonly at: string;
  /** The real paths of the folders from which links have led here. */
  readonly closed: readonly string[];
  /** How much more it may contain. */
  readonly room?: { bytes: number; files: number };
}

class TooMuch extends Error {}

/**
 * Lists the contents of a plan. Links inside the plan stay links; link targets outside are included unless they are
 * too large or contain the plan itself.
 * @throws the system error if the folder itself cannot be read.
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
  /** Links that stay links, and their targets. */
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

  /** @param real the folder's real path. @param at its path in the plan; empty for the plan itself. */
  async folder(real: string, at: string, scope: Scope): Promise<void> {
    throwIfAborted(this.#listing.signal);
    // Synchronous calls, because passing each one to a thread takes longer.
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
    // The artifact must not be accessible to more users than the plan.
    const isEmpty = this.#files.length === before;
    if (isEmpty || (mode & 0o777) !== usualMode)
      this.#files.push({ path: at, kind: 'folder', size: 0, mode: mode & 0o777, changedMs: ctimeMs });
  }

  /** Whether a name belongs to tools around a plan rather than to the plan. */
  #isOfTools(name: string, at: string): boolean {
    if (name === 'node_modules') this.#packages.push(at);
    else if (repositories.has(name))
      this.#leftOut.push({ path: at, kind: 'repository', why: 'a repository' });
    else if (archive.test(name) && !this.#listing.isKept?.(at))
      this.#leftOut.push({
        path: at,
        kind: 'archive',
        why: 'collected outputs of tg, according to its name',
      });
    else return desktopFiles.has(name);
    return true;
  }

  /** Whether a folder inside the plan does not belong to it. */
  #isApart(names: readonly string[], at: string): boolean {
    if (environmentMarks.some((mark) => names.includes(mark))) {
      this.#leftOut.push({ path: at, kind: 'environment', why: 'a Python environment' });
      return true;
    }
    const mark = cacheMarks.find((each) => names.includes(each));
    if (mark === undefined || this.#listing.isKept?.(at)) return false;
    this.#leftOut.push({ path: at, kind: 'cache', why: `a cache, according to its ${mark}` });
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

  /** @returns undefined if the path has gone, or is inaccessible and therefore left out. */
  #tried<Result>(at: string, look: () => Result): Result | undefined {
    try {
      return look();
    } catch (error) {
      // File names need not be valid text: an invalid one has a replacement character, and the path does not
      // resolve.
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

  /** Resolves links in the given path of the plan's folder. */
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
      if (there.size > maxOutside.bytes) linkTo(formatSize(there.size));
      else if (this.#isReadable(real, path, there.mode)) this.#add(path, there);
      return;
    }
    if (!there.isDirectory())
      return void this.#leftOut.push({ path, kind: 'special', why: 'neither a file nor a folder' });
    if (isInside(real, this.#root)) return linkTo('it contains the plan');
    if (scope.closed.includes(real)) return linkTo('it links to itself');
    await this.#folderOutside(path, real, scope, linkTo);
  }

  async #folderOutside(
    at: string,
    real: string,
    { closed, room = { ...maxOutside } }: Scope,
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
      linkTo(`more than ${formatSize(maxOutside.bytes)}, or ${maxOutside.files} files`);
    }
  }

  /** Includes link targets inside the plan that are left out at their own path, at the path of the link. */
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
