import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { docSteps } from '../support/doc-steps.ts';
import { root, someMachine } from '../support/tg.ts';

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
