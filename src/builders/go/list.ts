import { join } from 'node:path';
import * as z from 'zod';
import { isInside } from '../sources/inside.ts';

const names = z.array(z.string()).optional();

/** The output of `go list -json` for a package; files are relative to its folder. */
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

/** The fields requested from `go list -json`. */
const fields = Object.keys(packageSchema.shape);

/** A package of a program, in a folder that may change. */
export interface GoPackage {
  readonly name: string;
  readonly importPath: string;
  readonly dir: string;
  /** Whether it was requested, and not only a dependency. */
  readonly isAsked: boolean;
  readonly goMod: string | undefined;
  /** By absolute path, as all that follow. */
  readonly embedded: readonly string[];
  /** The files read by a C compiler, SWIG or an assembler, as far as Go knows. */
  readonly foreign: readonly string[];
  readonly cFlags: readonly string[];
  readonly linkFlags: readonly string[];
  /** The libraries it requests from pkg-config. */
  readonly pkgConfig: readonly string[];
}

/** The flags of `go list`. @param minor the minor version of Go: before 1.19 it prints all fields. */
export function listingFlags(minor: number): string[] {
  return ['list', '-e', '-deps', minor >= 19 ? `-json=${fields.join(',')}` : '-json'];
}

/**
 * The packages of a listing, except the standard library and the module cache, which never change.
 * @param listed concatenated JSON objects.
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
  // A missing package; the build reports it.
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
