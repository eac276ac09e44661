import { expect, test } from 'vitest';
import { importsSdk } from '../../src/builders/sources/sdk-in-sources.ts';
import { listSources } from '../../src/builders/sources/sources.ts';
import { folderWith } from '../support/temp.ts';

const inGo = 'package main\n\nimport (\n\t"github.com/testground/sdk-go/run"\n)\n';
const inJavaScript = "import { invokeMap } from '@testground/sdk';\n";
const inTypeScript = "import {\n  invokeMap,\n} from 'testground-tg/sdk';\n";

test.each<[string, Record<string, string>, string[], boolean]>([
  ['a Go package that go build builds', { 'main.go': inGo }, ['go build -o plan .', './plan'], true],
  [
    'a Go package in a folder that go build names',
    { 'cmd/x/main.go': inGo },
    ['go build -o plan ./cmd/x'],
    true,
  ],
  [
    'a Go package that a Makefile builds',
    { Makefile: 'plan: cmd\n\tgo build -o plan ./cmd', 'cmd/a.go': inGo },
    ['make'],
    true,
  ],
  ['Rust', { 'src/main.rs': 'use testground::client::Client;\n' }, ['cargo build'], true],
  ['a script that Node runs', { 'x.mjs': inJavaScript }, ['node x.mjs'], true],
  [
    'a module that the script imports',
    { 'x.mjs': "import './lib/y.mjs';", 'lib/y.mjs': inTypeScript },
    ['node ./x.mjs'],
    true,
  ],
  ['an import over several lines', { 'x.ts': inTypeScript }, ['npx tsx x.ts'], true],
  ['import()', { 'x.mjs': "const sdk = await import('@testground/sdk');" }, ['node x.mjs'], true],
  ['require()', { 'x.cjs': "const sdk = require('@testground/sdk');" }, ['node x.cjs'], true],
  [
    'a script that a shell script runs',
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
    'sources that nothing names',
    { 'run.sh': 'echo hello', 'js/x.mjs': inJavaScript, 'main.go': inGo },
    ['sh run.sh'],
    false,
  ],
  [
    'a minified program',
    { 'x.js': 'import{a}from"fs";import{b}from"@testground/sdk";b(a)' },
    ['node x.js'],
    true,
  ],
  [
    'a bundled program',
    { 'x.js': '"use strict";var a=require("fs"),b=require("@testground/sdk");' },
    ['node x.js'],
    true,
  ],
  ['a subpath of the SDK', { 'x.js': "import { a } from '@testground/sdk/runtime';" }, ['node x.js'], true],
  ['an import behind a comment', { 'x.js': "/* it */ import '@testground/sdk';" }, ['node x.js'], true],
  [
    'an import in a block comment',
    { 'x.js': "/**\n * import '@testground/sdk';\n */" },
    ['node x.js'],
    false,
  ],
  [
    'an import in a line comment',
    { 'x.mjs': "// import { a } from '@testground/sdk';" },
    ['node x.mjs'],
    false,
  ],
  ['an import in a string', { 'x.mjs': `console.log("import '@testground/sdk'");` }, ['node x.mjs'], false],
  [
    'a module whose name begins with that of the SDK',
    { 'x.mjs': "import x from '@testground/sdk-else';" },
    ['node x.mjs'],
    false,
  ],
  ['Python', { 'x.py': 'import tg_sdk\n' }, ['python3 x.py'], true],
  [
    'Python: names from the SDK',
    { 'x.py': 'from tg_sdk import invoke\n' },
    ['.venv/bin/python -u ./x.py'],
    true,
  ],
  [
    'Python: names over several lines',
    { 'x.py': 'from tg_sdk import (\n  invoke,\n)\n' },
    ['python3 x.py'],
    true,
  ],
  [
    'Python: one module of several',
    { 'x.py': 'import os, sys as s, tg_sdk as tg\n' },
    ['python3 x.py'],
    true,
  ],
  ['Python: a continued line', { 'x.py': 'import os, \\\n  tg_sdk\n' }, ['python3 x.py'], true],
  [
    'Python: an import after another statement',
    { 'x.py': 'import os; import tg_sdk\n' },
    ['python3 x.py'],
    true,
  ],
  [
    'Python: an import in a block',
    { 'x.py': 'try:\n\timport tg_sdk\nexcept ImportError: pass\n' },
    ['python3 x.py'],
    true,
  ],
  [
    'Python: importlib.import_module()',
    { 'x.py': 'import importlib\nt = importlib.import_module("tg_sdk")\n' },
    ['python3 x.py'],
    true,
  ],
  ['Python: __import__()', { 'x.py': "t = __import__('tg_sdk')\n" }, ['python3 x.py'], true],
  [
    'Python: a module of the plan',
    { 'x.py': 'import cases.meet\n', 'cases/meet.py': 'import tg_sdk' },
    ['python3 x.py'],
    true,
  ],
  [
    'Python: a module beside the script',
    { 'a/x.py': 'from .y import z\n', 'a/y.py': 'import tg_sdk' },
    ['python3 a/x.py'],
    true,
  ],
  ['python -m', { 'my_plan/__main__.py': 'import tg_sdk' }, ['python3 -m my_plan'], true],
  [
    'Python: a script of pyproject.toml',
    {
      'pyproject.toml': '[project.scripts]\nmine = "my_plan.main:main"\n',
      'src/my_plan/main.py': 'import tg_sdk',
    },
    ['uv run mine'],
    true,
  ],
  ['Python: comments', { 'x.py': '# import tg_sdk\nx = 1  # import tg_sdk\n' }, ['python3 x.py'], false],
  ['Python: strings', { 'x.py': `print("import tg_sdk")\nx = '"'\n` }, ['python3 x.py'], false],
  ['Python: a docstring', { 'x.py': '"""\nimport tg_sdk\n"""\n' }, ['python3 x.py'], false],
  [
    'Python: a docstring with quotes',
    { 'x.py': `'''\nIt\\'s "so"\nimport tg_sdk\n'''\n` },
    ['python3 x.py'],
    false,
  ],
  [
    'Python: an import after a docstring',
    { 'x.py': '"""Words."""\nimport tg_sdk\n' },
    ['python3 x.py'],
    true,
  ],
  [
    'Python: modules with similar names',
    { 'x.py': 'import tg_sdk_else\nfrom my.tg_sdk import y\n' },
    ['python3 x.py'],
    false,
  ],
  [
    'Python: a script that nothing names',
    { 'x.py': 'print(1)\n', 'y.py': 'import tg_sdk\n' },
    ['python3 x.py'],
    false,
  ],
  ['Python: a script without imports', { 'run.py': 'print(1)' }, ['python3 run.py'], false],
  ['scripts that call each other', { 'a.sh': 'sh b.sh', 'b.sh': 'sh a.sh' }, ['sh a.sh'], false],
])('importsSdk tells whether a plan uses an SDK: %s', async (_, files, lines, uses) => {
  const root = await folderWith(files);
  expect(await importsSdk(root, await listSources(root), lines)).toBe(uses);
});
