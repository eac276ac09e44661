import { dirname } from 'node:path';
import * as z from 'zod';

/** Something that Cargo can build of a package. */
export interface Target {
  readonly name: string;
  readonly kinds: readonly string[];
  /** Its first file. */
  readonly source: string;
  /** The features without which it is not built. */
  readonly needs: readonly string[];
}

/** A package of a workspace, as its Cargo.toml says. */
export interface CargoPackage {
  readonly id: string;
  readonly name: string;
  readonly folder: string;
  /** The program that `cargo run` takes. */
  readonly preferred: string | undefined;
  readonly targets: readonly Target[];
  /** What it depends on, but for tests; the folders of those that are given by path. */
  readonly dependencies: readonly { readonly name: string; readonly folder: string | undefined }[];
}

/** The packages that belong together, and where they do. */
export interface CargoWorkspace {
  readonly root: string;
  readonly packages: readonly CargoPackage[];
  /** The IDs of the packages that are built where none is named. */
  readonly defaults: readonly string[];
}

const metadataSchema = z.looseObject({
  workspace_root: z.string(),
  workspace_default_members: z.array(z.string()).default([]),
  packages: z.array(
    z.looseObject({
      id: z.string(),
      name: z.string(),
      manifest_path: z.string(),
      default_run: z.string().nullish(),
      targets: z.array(
        z.looseObject({
          name: z.string(),
          kind: z.array(z.string()),
          src_path: z.string(),
          'required-features': z.array(z.string()).default([]),
        }),
      ),
      dependencies: z.array(
        z.looseObject({ name: z.string(), kind: z.string().nullish(), path: z.string().nullish() }),
      ),
    }),
  ),
});

/** What `cargo metadata --no-deps` says of the workspace of a folder. It resolves nothing, and writes no lock file. */
export async function readWorkspace(
  folder: string,
  cargo: (args: readonly string[], cwd: string) => Promise<string>,
): Promise<CargoWorkspace> {
  const json = await cargo(['metadata', '--no-deps', '--format-version=1'], folder);
  const metadata = metadataSchema.parse(JSON.parse(json));
  return {
    root: metadata.workspace_root,
    defaults: metadata.workspace_default_members,
    packages: metadata.packages.map((each) => ({
      id: each.id,
      name: each.name,
      folder: dirname(each.manifest_path),
      preferred: each.default_run ?? undefined,
      targets: each.targets.map((target) => ({
        name: target.name,
        kinds: target.kind,
        source: target.src_path,
        needs: target['required-features'],
      })),
      dependencies: each.dependencies
        .filter(({ kind }) => kind !== 'dev')
        .map(({ name, path }) => ({ name, folder: path ?? undefined })),
    })),
  };
}
