import { dirname } from 'node:path';
import * as z from 'zod';

/** A target of a package. */
export interface Target {
  readonly name: string;
  readonly kinds: readonly string[];
  /** Its root source file. */
  readonly source: string;
  /** Its required features. */
  readonly needs: readonly string[];
}

/** A package of a workspace, from its Cargo.toml. */
export interface CargoPackage {
  readonly id: string;
  readonly name: string;
  readonly folder: string;
  /** The program that `cargo run` would choose. */
  readonly preferred: string | undefined;
  readonly targets: readonly Target[];
  /** Its dependencies except dev-dependencies, with the folders of path dependencies. */
  readonly dependencies: readonly { readonly name: string; readonly folder: string | undefined }[];
}

/** The packages of a workspace and its root. */
export interface CargoWorkspace {
  readonly root: string;
  readonly packages: readonly CargoPackage[];
  /** The IDs of the packages built by default. */
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

/** The output of `cargo metadata --no-deps` for a folder. It resolves no dependencies and writes no lock file. */
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
