import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { isPlainFile } from '../plain-file.ts';

/** `#include "x.h"`, `#include <x.h>`, `#embed "x"`, `%include "x.i"`; also in comments of Go. */
const including =
  /(?:^|[\n*/])[ \t]*[#%][ \t]*(?:include|include_next|import|embed)[ \t]*(?:"([^"\n]+)"|<([^>\n]+)>)/g;
/** `.incbin "x"`, in assembly and in strings of C. */
const incorporating = /\.incbin[ \t]*\\?"([^"\\\n]+)/g;

/** The files included by C sources. */
export interface Included {
  /** The existing files, by absolute path. */
  readonly files: readonly string[];
  /** Paths that were searched for included files and do not exist; a file created there counts. */
  readonly lacking: readonly string[];
}

/**
 * The files that sources include, transitively, regardless of conditionals. System headers, which are in none of
 * the folders, are not listed.
 * @param sources absolute paths of files in C, C++ or assembly, or of Go files with C in comments.
 * @param folders the folders searched for included files, after the folder of the including file.
 */
export async function includedBy(sources: readonly string[], folders: readonly string[]): Promise<Included> {
  const seen = new Set(sources);
  const lacking = new Set<string>();
  // Iteration over a set includes elements added meanwhile.
  for (const source of seen) {
    const text = await readFile(source, 'latin1').catch(() => '');
    for (const [, quoted, angled = ''] of [...text.matchAll(including), ...text.matchAll(incorporating)]) {
      const name = quoted ?? angled;
      const places = quoted === undefined ? folders : [dirname(source), ...folders];
      for (const place of isAbsolute(name) ? [name] : places.map((folder) => join(folder, name))) {
        // All matches, because cgo and the compiler search in different orders.
        if (isPlainFile(place)) seen.add(place);
        else lacking.add(place);
      }
    }
  }
  return { files: [...seen].filter((file) => !sources.includes(file)), lacking: [...lacking] };
}

/** The include folders of a C compiler, from its flags and environment. */
export function includeFolders(flags: readonly string[], env: NodeJS.ProcessEnv, dir: string): string[] {
  const named = valuesOf(flags, ['-I', '-iquote', '-isystem', '-idirafter']);
  const ofEnv = ['CPATH', 'C_INCLUDE_PATH', 'CPLUS_INCLUDE_PATH'].flatMap((name) =>
    (env[name] ?? '').split(':'),
  );
  return [
    ...new Set([...named, ...ofEnv.filter((folder) => folder !== '')].map((folder) => resolve(dir, folder))),
  ];
}

/** The files named by flags of a C compiler: forced includes and linked files. */
export function filesInCFlags(flags: readonly string[], dir: string): string[] {
  const first = valuesOf(flags, ['-include', '-imacros']);
  const objects = flags.filter((flag) => !flag.startsWith('-') && /\.(?:a|o|so|lo|ld|lds)$/.test(flag));
  const libraries = valuesOf(flags, ['-l']).flatMap((name) => [
    `lib${name}.so`,
    `lib${name}.dylib`,
    `lib${name}.a`,
  ]);
  const folders = valuesOf(flags, ['-L']);
  const linked = folders.flatMap((folder) => libraries.map((library) => join(folder, library)));
  return [...new Set([...first, ...objects, ...linked].map((file) => resolve(dir, file)))];
}

/** `-I folder` and `-Ifolder`. */
function valuesOf(flags: readonly string[], names: readonly string[]): string[] {
  return flags.flatMap((flag, at) => {
    const name = names.find((each) => flag.startsWith(each));
    if (name === undefined) return [];
    return flag === name ? (flags[at + 1] ?? []) : flag.slice(name.length).replace(/^=/, '');
  });
}
