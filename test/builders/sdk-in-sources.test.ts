import { expect, test } from 'vitest';
import { importsSdk } from '../../src/builders/sources/sdk-in-sources.ts';
import { listSources } from '../../src/builders/sources/sources.ts';
import { folderWith } from '../support/temp.ts';

const inGo = 'package main\n\nimport (\n\t"github.com/testground/sdk-go/run"\n)\n';
const inJavaScript = "import { invokeMap } from '@testground/sdk';\n";
const inTypeScript = "import {\n  invokeMap,\n} from 'testground-tg/sdk';\n";

test.each<[string, Record<string, string>, string[], boolean]>([
  ['Go that is built', { 'main.go': inGo }, ['go build -o plan .', './plan'], true],
  ['Go in a folder that is built', { 'cmd/x/main.go': inGo }, ['go build -o plan ./cmd/x'], true],
  [
    'Go behind a makefile',
    { Makefile: 'plan: cmd\n\tgo build -o plan ./cmd', 'cmd/a.go': inGo },
    ['make'],
    true,
  ],
  ['Rust', { 'src/main.rs': 'use testground::client::Client;\n' }, ['cargo build'], true],
  ['a script that is run', { 'x.mjs': inJavaScript }, ['node x.mjs'], true],
  [
    'what it imports',
    { 'x.mjs': "import './lib/y.mjs';", 'lib/y.mjs': inTypeScript },
    ['node ./x.mjs'],
    true,
  ],
  ['an import over several lines', { 'x.ts': inTypeScript }, ['npx tsx x.ts'], true],
  ['import()', { 'x.mjs': "const sdk = await import('@testground/sdk');" }, ['node x.mjs'], true],
  ['require()', { 'x.cjs': "const sdk = require('@testground/sdk');" }, ['node x.cjs'], true],
  [
    'a script behind a shell script',
    { 'run.sh': 'exec node js/x.mjs', 'js/x.mjs': inJavaScript },
    ['sh run.sh'],
    true,
  ],
  [
    'a script of package.json',
    { 'package.json': '{"scripts":{"start":"node x.mjs"}}', 'x.mjs': inJavaScript },
    ['npm start'],
    true,
  ],
  [
    'what nothing names',
    { 'run.sh': 'echo hello', 'js/x.mjs': inJavaScript, 'main.go': inGo },
    ['sh run.sh'],
    false,
  ],
  [
    'a program that was minified',
    { 'x.js': 'import{a}from"fs";import{b}from"@testground/sdk";b(a)' },
    ['node x.js'],
    true,
  ],
  [
    'a program that was bundled',
    { 'x.js': '"use strict";var a=require("fs"),b=require("@testground/sdk");' },
    ['node x.js'],
    true,
  ],
  ['a part of it', { 'x.js': "import { a } from '@testground/sdk/runtime';" }, ['node x.js'], true],
  ['an import behind a comment', { 'x.js': "/* it */ import '@testground/sdk';" }, ['node x.js'], true],
  ['a comment of lines', { 'x.js': "/**\n * import '@testground/sdk';\n */" }, ['node x.js'], false],
  ['a comment', { 'x.mjs': "// import { a } from '@testground/sdk';" }, ['node x.mjs'], false],
  ['a text', { 'x.mjs': `console.log("import '@testground/sdk'");` }, ['node x.mjs'], false],
  [
    'another module of that name',
    { 'x.mjs': "import x from '@testground/sdk-else';" },
    ['node x.mjs'],
    false,
  ],
  ['Python', { 'x.py': 'import tg_sdk\n' }, ['python3 x.py'], true],
  ['names from it', { 'x.py': 'from tg_sdk import invoke\n' }, ['.venv/bin/python -u ./x.py'], true],
  ['names over several lines', { 'x.py': 'from tg_sdk import (\n  invoke,\n)\n' }, ['python3 x.py'], true],
  ['one import of several', { 'x.py': 'import os, sys as s, tg_sdk as tg\n' }, ['python3 x.py'], true],
  ['a line that is continued', { 'x.py': 'import os, \\\n  tg_sdk\n' }, ['python3 x.py'], true],
  ['one behind another statement', { 'x.py': 'import os; import tg_sdk\n' }, ['python3 x.py'], true],
  ['one in a block', { 'x.py': 'try:\n\timport tg_sdk\nexcept ImportError: pass\n' }, ['python3 x.py'], true],
  [
    'one by its name',
    { 'x.py': 'import importlib\nt = importlib.import_module("tg_sdk")\n' },
    ['python3 x.py'],
    true,
  ],
  ['__import__', { 'x.py': "t = __import__('tg_sdk')\n" }, ['python3 x.py'], true],
  [
    'a module of the plan',
    { 'x.py': 'import cases.meet\n', 'cases/meet.py': 'import tg_sdk' },
    ['python3 x.py'],
    true,
  ],
  [
    'a module beside it',
    { 'a/x.py': 'from .y import z\n', 'a/y.py': 'import tg_sdk' },
    ['python3 a/x.py'],
    true,
  ],
  ['python -m', { 'my_plan/__main__.py': 'import tg_sdk' }, ['python3 -m my_plan'], true],
  [
    'a script of pyproject.toml',
    {
      'pyproject.toml': '[project.scripts]\nmine = "my_plan.main:main"\n',
      'src/my_plan/main.py': 'import tg_sdk',
    },
    ['uv run mine'],
    true,
  ],
  ['a comment in Python', { 'x.py': '# import tg_sdk\nx = 1  # import tg_sdk\n' }, ['python3 x.py'], false],
  ['a text in Python', { 'x.py': `print("import tg_sdk")\nx = '"'\n` }, ['python3 x.py'], false],
  ['a docstring', { 'x.py': '"""\nimport tg_sdk\n"""\n' }, ['python3 x.py'], false],
  ['a docstring with quotes', { 'x.py': `'''\nIt\\'s "so"\nimport tg_sdk\n'''\n` }, ['python3 x.py'], false],
  ['an import behind a docstring', { 'x.py': '"""Words."""\nimport tg_sdk\n' }, ['python3 x.py'], true],
  ['another module', { 'x.py': 'import tg_sdk_else\nfrom my.tg_sdk import y\n' }, ['python3 x.py'], false],
  [
    'a script in Python that nothing names',
    { 'x.py': 'print(1)\n', 'y.py': 'import tg_sdk\n' },
    ['python3 x.py'],
    false,
  ],
  ['a plan without sources', { 'run.py': 'print(1)' }, ['python3 run.py'], false],
  ['files that name each other', { 'a.sh': 'sh b.sh', 'b.sh': 'sh a.sh' }, ['sh a.sh'], false],
])('%s', async (_, files, lines, uses) => {
  const root = await folderWith(files);
  expect(await importsSdk(root, await listSources(root), lines)).toBe(uses);
});
