import { folderWith } from './temp.ts';

/** A plan in plain JavaScript with one test case, `t`. Returns the path of its folder. */
export function planWith(
  code: string,
  more: {
    readonly manifest?: string;
    readonly params?: string;
    /** The maximum number of instances; 50 by default. */
    readonly max?: number;
    readonly files?: Readonly<Record<string, string>>;
  } = {},
): Promise<string> {
  return folderWith({
    'manifest.toml': `
name = "p"
${more.manifest ?? ''}
[defaults]
testcase = "t"
builder = "exec:node"
runner = "local:exec"
[[testcases]]
name = "t"
instances = { min = 1, max = ${more.max ?? 50}, default = 1 }
  [testcases.params]
${more.params ?? ''}
`,
    'index.mjs': code,
    ...more.files,
  });
}

/** The same for code that uses our SDK, with `runenv` and `init` in scope. */
export function sdkPlanWith(code: string, more: Parameters<typeof planWith>[1] = {}): Promise<string> {
  return planWith(
    `import { invoke } from 'testground-tg/sdk';
await invoke(async (runenv, init) => {
${code}
});`,
    more,
  );
}

/** What a successful `tg plan create` prints to stderr: nothing, or that Git is missing. */
export const createdQuietly = /^(no git repository was created: git not found\n?)?$/;
