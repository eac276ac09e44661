import { join } from 'node:path';
import * as z from 'zod';
import { isInside } from '../sources/inside.ts';

const names = z.array(z.string()).optional();

/** What `go list -json` says of a package; files are relative to its folder. */
const packageSchema = z.looseObject({
  Dir: z.string().optional(),
  Name: z.string().optional(),
  ImportPath: z.string(),
  DepOnly: z.boolean().optional(),
  Standard: z.boolean().optional(),
  Module: z.looseObject({ Dir: z.string().optional(), GoMod: z.string().optional() }).optional(),
  EmbedFiles: names,
  CgoFiles: names,
  CFiles: names,
  CXXFiles: names,
  MFiles: names,
  HFiles: names,
  FFiles: names,
  SFiles: names,
  SwigFiles: names,
  SwigCXXFiles: names,
  CgoCFLAGS: names,
  CgoCPPFLAGS: names,
  CgoCXXFLAGS: names,
  CgoFFLAGS: names,
  CgoLDFLAGS: names,
  CgoPkgConfig: names,
});

type ListedPackage = z.output<typeof packageSchema>;

/** The fields that `go list -json` is to print. */
const fields = Object.keys(packageSchema.shape);

/** A package that a program is built of, where it lies in folders that may change. */
export interface GoPackage {
  readonly name: string;
  readonly importPath: string;
  readonly dir: string;
  /** Whether it was asked for, and not only needed by what was. */
  readonly isAsked: boolean;
  readonly goMod: string | undefined;
  /** By absolute paths, as all that follows. */
  readonly embedded: readonly string[];
  /** The files that a C compiler, SWIG or an assembler reads, and of which Go knows. */
  readonly foreign: readonly string[];
  readonly cFlags: readonly string[];
  readonly linkFlags: readonly string[];
  /** What it asks pkg-config for. */
  readonly pkgConfig: readonly string[];
}

/** What `go list` is to be told. @param minor the release line of Go: before 1.19 it prints all fields. */
export function listingFlags(minor: number): string[] {
  return ['list', '-e', '-deps', minor >= 19 ? `-json=${fields.join(',')}` : '-json'];
}

/**
 * The packages of a listing, but for Go's own and those of the module cache, which never change.
 * @param listed objects of JSON, one after the other.
 */
export function readPackages(listed: string, moduleCache: string): GoPackage[] {
  return listed
    .split(/^(?=\{)/m)
    .filter((text) => text.trim() !== '')
    .map((text) => packageSchema.parse(JSON.parse(text)))
    .filter(({ Standard }) => Standard !== true)
    .map(packageOf)
    .filter((each) => each !== undefined)
    .filter(({ dir }) => !isInside(moduleCache, dir));
}

function packageOf(listed: ListedPackage): GoPackage | undefined {
  const { Dir: dir, Name: name = '', ImportPath: importPath, Module: module } = listed;
  // One that is not there: the build says so.
  if (dir === undefined || dir === '') return undefined;
  const { CgoFiles = [], CFiles = [], CXXFiles = [], MFiles = [], HFiles = [], FFiles = [] } = listed;
  const { SFiles = [], SwigFiles = [], SwigCXXFiles = [] } = listed;
  const read = [CgoFiles, CFiles, CXXFiles, MFiles, HFiles, FFiles, SFiles, SwigFiles, SwigCXXFiles].flat();
  const { CgoCFLAGS = [], CgoCPPFLAGS = [], CgoCXXFLAGS = [], CgoFFLAGS = [], CgoLDFLAGS = [] } = listed;
  const inDir = (file: string) => join(dir, file);
  return {
    ...{ name, importPath, dir },
    isAsked: listed.DepOnly !== true,
    goMod: module?.GoMod,
    embedded: (listed.EmbedFiles ?? []).map(inDir),
    foreign: read.map(inDir),
    cFlags: [CgoCPPFLAGS, CgoCFLAGS, CgoCXXFLAGS, CgoFFLAGS].flat(),
    linkFlags: CgoLDFLAGS,
    pkgConfig: listed.CgoPkgConfig ?? [],
  };
}
