import { readFileSync } from 'node:fs';
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { docSteps } from '../support/doc-steps.ts';
import { inNetns, netPlan } from '../support/netns.ts';
import { folderWith } from '../support/temp.ts';
import { root, someMachine, tg } from '../support/tg.ts';

/** Output with any number in place of each number, without spaces at its end. */
const shapeOf = (line: string) =>
  line
    .trim()
    .replaceAll(/\d+(\.\d+)?/g, 'N')
    .replaceAll(/ +/g, ' ');

describe('the commands', { tags: ['networks'] }, () => {
  test.concurrent.each(['docs/networks.md', 'plans/net/README.md'])(
    'of %s exit as documented, in order, and print what it shows',
    async (page) => {
      const machine = await someMachine();
      await symlink(join(root, 'plans'), join(machine.cwd, 'plans'));
      for (const step of docSteps(page)) {
        if (step.kind === 'write') await writeFile(join(machine.cwd, step.file), step.text);
        if (step.kind !== 'run') continue;
        const command = step.command.replace(/^tg /, `${process.execPath} ${root}/bin/tg.js `);
        const options = { cwd: machine.cwd, env: machine.env, extendEnv: false, reject: false } as const;
        const { exitCode, stdout, stderr } = await execa('bash', ['-c', command], options);
        expect([step.command, exitCode], `${stdout}\n${stderr}`).toEqual([step.command, step.exit]);
        const printed = shapeOf(stdout.replaceAll('\n', ' \n ')).split(' \n ');
        for (const line of step.shown?.trimEnd().split('\n') ?? [])
          if (line.trim() !== '…')
            expect(
              printed.some((its) => its.includes(shapeOf(line))),
              `${line}\n\n${stdout}`,
            ).toBe(true);
      }
    },
  );
});

describe('the network configuration', { tags: ['networks'] }, () => {
  /** The first block of code below the heading of a page's network client. */
  const exampleIn = (page: string, language: string) => {
    const [, section = ''] = readFileSync(join(root, page), 'utf8').split(/^### NetworkClient.*$/m);
    return section.split(`\n\`\`\`${language}\n`)[1]?.split('\n```')[0] ?? '';
  };

  test('of writing-a-plan.md is applied', async () => {
    const example = exampleIn('docs/writing-a-plan.md', 'js');
    expect(example).toContain('configureNetwork');
    const names = `const { netClient, globalSeq } = init; const { filterActions } = await import('testground-tg/sdk');`;
    const plan = await netPlan(`${names}\n${example}`);
    const { code, stdout } = await tg(await someMachine(), inNetns(plan, 2));
    expect(code, stdout).toBe(0);
  });

  test('of python.md is applied', { tags: ['python3'] }, async () => {
    const example = exampleIn('docs/python.md', 'python');
    expect(example).toContain('configure_network');
    const plan = await folderWith({
      'manifest.toml': `
name = "p"
[defaults]
testcase = "t"
builder = "exec:generic"
runner = "local:netns"
[builders."exec:generic"]
run = "python3 main.py"
[[testcases]]
name = "t"
instances = { min = 1, max = 2, default = 2 }`,
      'main.py': `import tg_sdk
def t(runenv, init):
${example.replaceAll(/^/gm, '    ')}
tg_sdk.invoke_map({"t": t})
`,
    });
    const { code, stdout } = await tg(await someMachine(), inNetns(plan, 2));
    expect(code, stdout).toBe(0);
  });
});
