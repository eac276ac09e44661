import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { attachedFiles } from '../../src/outputs/attachments/attached-files.ts';
import { instanceFiles } from '../../src/outputs/layout.ts';
import { describeWith } from '../support/needs.ts';
import { python, runEnvironment } from '../support/python.ts';
import { tempDir } from '../support/temp.ts';

const begin = 'import pathlib, tg_sdk\nrunenv = tg_sdk.RunEnv.current()\n';

describeWith('python3', 'attachments of a plan in Python', () => {
  test('are written as texts, bytes and copies of files, and listed with their types', async () => {
    const outputs = await tempDir();
    const source = join(await tempDir(), 'load.png');
    writeFileSync(source, 'picture');
    const code = `${begin}
runenv.attach("history.json", "[]")
runenv.attach("plots/load.png", pathlib.Path(${JSON.stringify(source)}))
runenv.attach("trace", b"\\x01\\x02", "application/x-trace")
runenv.attach("trace", pathlib.Path(${JSON.stringify(outputs)}) / "trace")
`;
    const { exitCode, stderr } = await python(code, { ...runEnvironment, TEST_OUTPUTS_PATH: outputs });
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(attachedFiles(outputs)).toEqual([
      { name: 'history.json', type: '', bytes: 2 },
      { name: 'plots/load.png', type: '', bytes: 7 },
      { name: 'trace', type: '', bytes: 2 },
    ]);
    expect(readFileSync(join(outputs, 'plots/load.png'), 'utf8')).toBe('picture');
  });

  test('are refused with a name that leads out of the outputs or that tg uses, and with a type that is none', async () => {
    const used = Object.values(instanceFiles).filter((name) => !name.startsWith('.'));
    const names = [
      '',
      '.',
      '../a',
      '/a',
      'a//b',
      'a/',
      'a/../b',
      '.hidden',
      'a\\b',
      'a\nb',
      'x'.repeat(201),
      ...used,
    ];
    const code = `${begin}
for name in ${JSON.stringify(names)}:
    try:
        runenv.attach(name, "text")
        print("accepted", repr(name))
    except ValueError:
        pass
try:
    runenv.attach("a", "text", "png")
except ValueError as error:
    print(error)
`;
    const { stdout } = await python(code, runEnvironment);
    expect(stdout).toBe('the type of an attachment must be a media type such as image/png, not "png"');
  });
});
