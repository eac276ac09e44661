import { folderWith } from './temp.ts';

/** A plan for exec:generic with one test case, `t`. */
export function genericPlan(
  lines: { readonly run?: string; readonly build?: string; readonly [key: string]: string | undefined },
  files: Readonly<Record<string, string>> = {},
): Promise<string> {
  const config = Object.entries(lines).map(([key, line]) => `${key} = ${JSON.stringify(line)}\n`);
  return folderWith({
    'manifest.toml': `name = "p"
[defaults]
builder = "exec:generic"
[builders."exec:generic"]
${config.join('')}[[testcases]]
name = "t"
instances = { min = 1, max = 200, default = 1 }
[testcases.params]
word = { type = "string", default = "hello" }
`,
    ...files,
  });
}
