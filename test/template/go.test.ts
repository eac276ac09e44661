import fc from 'fast-check';
import { parse } from 'smol-toml';
import { beforeAll, expect, test } from 'vitest';
import { renderComposition } from '../../src/plan/composition/template.ts';
import { templateFunctions } from '../../src/plan/composition/template-functions.ts';
import { goValueOf } from '../../src/plan/composition/toml-values.ts';
import { renderTemplate } from '../../src/template/render.ts';
import { mapOf } from '../../src/template/values.ts';
import { TgError } from '../../src/util/errors.ts';
import { describeWith } from '../support/needs.ts';
import { type AskPeer, buildPeer } from '../support/peer.ts';
import { folderWith } from '../support/temp.ts';

const data = `
text = "some text"
empty = ""
number = 3
none = 0
float = 2.5
yes = true
no = false
list = ["a", "b", "c"]
numbers = [3, 1, 2]
nothing = []
when = 1979-05-27T07:32:00.5Z

[table]
b = 2
a = "one"
deep = { x = [1, 2], y = "z" }

[[tables]]
id = "first"
n = 1

[[tables]]
id = "second"
n = 2
`;

const dot = mapOf(
  Object.entries(parse(data, { integersAsBigInt: true })).map(([key, value]) => [key, goValueOf(value)]),
);

/** The text that tg renders from a template, or `error`. */
function ours(template: string): { text: string } | 'error' {
  const functions = templateFunctions(mapOf([['HOME', '/root']], 'text'), '.');
  try {
    return { text: renderTemplate(template, 't', { data: dot, functions }).text };
  } catch (error) {
    if (error instanceof TgError) return 'error';
    throw error;
  }
}

function asked(answer: unknown): { text: string } | 'error' {
  return Object(answer).error === undefined ? { text: Object(answer).text } : 'error';
}

const templates = [
  'plain text, {braces} and all\n',
  '{{ .text }}|{{.number}}|{{ .float }}|{{ .yes }}|{{ .missing }}|{{ .missing.deeper }}|{{ .when }}',
  '{{ . }} {{ .table }} {{ .tables }} {{ .list }} {{ .numbers }} {{ .nothing }}',
  '  {{- .text -}}  \n x {{- /* gone */ -}} y {{/* gone */}} z',
  '{{- "a" -}}   {{ "b" }}\n\n  {{- -3 }}',
  '{{-3}}{{ - }}',
  '{{ if .yes }}y{{ end }}{{ if .no }}n{{ else }}e{{ end }}{{ if .no }}n{{ else if .yes }}y{{ else }}e{{ end }}',
  '{{ if .nothing }}a{{ end }}{{ if .empty }}b{{ end }}{{ if .none }}c{{ end }}{{ if .table }}d{{ end }}{{ if .missing }}e{{ end }}',
  '{{ with .table }}{{ .a }} {{ .deep.y }} {{ $.text }}{{ end }}{{ with .missing }}x{{ else }}no{{ end }}',
  '{{ with .no }}x{{ else with .table }}{{ .b }}{{ end }}',
  '{{ with $x := .table.b }}{{ $x }}{{ . }}{{ end }}',
  '{{ range .list }}{{ . }},{{ end }}{{ range .nothing }}x{{ else }}none{{ end }}',
  '{{ range $i, $e := .tables }}{{ $i }}={{ $e.id }}{{ .n }} {{ end }}{{ range $e := .list }}{{ $e }}{{ end }}',
  '{{ range $k, $v := .table }}{{ $k }}={{ $v }};{{ end }}{{ range .missing }}{{ else }}none{{ end }}',
  '{{ range .list }}{{ if eq . "b" }}{{ break }}{{ end }}{{ . }}{{ end }}',
  '{{ range .list }}{{ if eq . "b" }}{{ continue }}{{ end }}{{ . }}{{ end }}',
  '{{ range 3 }}{{ . }}{{ end }}{{ range $i := 2 }}{{ $i }}{{ end }}{{ range .number }}x{{ end }}',
  '{{ $x := 1 }}{{ range .numbers }}{{ $x = . }}{{ end }}{{ $x }}',
  '{{ $x := 1 }}{{ if true }}{{ $x := 2 }}{{ $x }}{{ end }}{{ $x }}',
  '{{ $x := .table }}{{ $x.deep.y }} {{ ($x.deep).y }} {{ (index .tables 1).id }}',
  '{{ $i := 9 }}{{ $e := 9 }}{{ range $i, $e = .list }}{{ end }}{{ $i }}{{ $e }}',
  '{{ "quoted \\"text\\" \\t \\u00e9 \\x41 \\101 \\n" }}{{ `raw \\n text` }}',
  "{{ 'a' }}{{ '\\n' }}{{ 0x1F }}{{ 0b11 }}{{ 0o17 }}{{ 017 }}{{ 1_000 }}{{ 1e3 }}{{ 1.50 }}{{ .5 }}{{ +4 }}",
  '{{ 1000000.0 }} {{ 123456789.0 }} {{ 0.00001 }} {{ 100000.0 }} {{ 1e21 }} {{ 12345.678 }}',
  '{{ 08 }}',
  '{{ 1.2.3 }}',
  '{{ 9223372036854775807 }} {{ -9223372036854775808 }}',
  '{{ 9223372036854775808 }}',
  '{{ eq .number 3 }}{{ eq .text "x" "some text" }}{{ ne .number 3 }}{{ eq .yes true }}{{ eq .missing .other }}{{ eq .float 2.5 }}',
  '{{ eq .missing "x" }}{{ ne .missing 1 }}',
  '{{ eq .number 3.0 }}',
  '{{ eq .text 3 }}',
  '{{ eq .list .list }}',
  '{{ eq .table .table }}',
  '{{ eq 1 }}',
  '{{ lt 1 2 }}{{ le 2 2 }}{{ gt 1 2 }}{{ ge 2 2 }}{{ lt "a" "b" }}{{ lt 1.5 2.5 }}{{ gt "é" "z" }}',
  '{{ lt 1 2.0 }}',
  '{{ lt true false }}',
  '{{ lt .missing 1 }}',
  '{{ and 1 0 2 }}{{ and 1 2 }}{{ or 0 "" "x" }}{{ or 0 "" }}{{ not .yes }}{{ and }}',
  '{{ or .yes (index .list 99) }}{{ and .no (index .list 99) }}',
  '{{ and .yes (index .list 99) }}',
  '{{ .text | printf "%s!" }}{{ "a" | printf "%s%s" "b" }}{{ 1 | eq 1 }}{{ .yes | and .yes | not }}',
  '{{ len .text }}{{ len .list }}{{ len .table }}{{ len "é" }}{{ len .nothing }}',
  '{{ len 3 }}',
  '{{ index .list 0 }}{{ index .table "a" }}{{ index .table "deep" "x" 1 }}{{ index .table "zzz" }}{{ index "abc" 1 }}',
  '{{ index .list 3 }}',
  '{{ index .list -1 }}',
  '{{ index .list "a" }}',
  '{{ index .missing "a" }}',
  '{{ index .table 1 }}',
  '{{ slice .text 5 }}{{ slice .text 0 4 }}{{ slice .list 1 }}{{ slice .list 1 2 }}{{ slice .text }}',
  '{{ slice .text 5 99 }}',
  '{{ slice .text 5 2 }}',
  '{{ slice .number 1 }}',
  '{{ print 1 2 "a" "b" 3 4.5 true .missing }}{{ println "a" 1 }}{{ print }}',
  '{{ printf "%d %5d|%-5d|%05d %+d % d %x %X %o %b %c %U" 1 2 3 4 5 6 255 255 8 5 65 233 }}',
  '{{ printf "%s %10s|%-10s|%.2s %q %v %x" "a" "b" "c" "defg" "say \\"x\\"" "v" "hex" }}',
  '{{ printf "%f %.2f %8.3f|%-8.1f|%e %g %v %08.2f %+.1f" 1.5 2.345 3.14159 2.25 1234.5 0.5 1.5 3.14159 2.0 }}',
  '{{"\\U0001F600"}}{{"\\x41\\101"}}{{ printf "%c" -1 }}',
  '{{"\\X41"}}',
  '{{"\\400"}}',
  "{{'\\xff'}}{{ '\\377' }}",
  '{{ printf "%.3g %.3g %.10g %.2g %.3g %g %G %E" 12345.678 1000000.0 100000.0 0.00001234 0.5 1e20 1e-10 1.5 }}',
  '{{ printf "%.2v %.2v %.1v %5v|%05v|%+v" 3.14159 "abc" 0.25 1.5 2.5 7 }}',
  '{{ printf "%05s|%-05s|% x|%.3x|%#x|%X" "a" "b" "hi" "hello" "hi" "hi" }}',
  '{{ printf "%+x %#08x %08x %#x %+05d %05d %.5d %.0d|" 5 255 255 -255 7 -7 42 0 }}',
  '{{ printf "%q %q %q" "\\x00\\a\\n" "tab\\t\\u00e9" "\\u200b" }}',
  '{{ printf "%5v|%d|%x|%q|%03d" .list .numbers .numbers .list .numbers }}{{ printf "%v|%5v" .table .table }}',
  '{{ printf "%F %8.2F|%-8.1e|%+.2g" 1.5 2.25 3.0 4.5 }}',
  '{{ printf "%#b %#o %o %b" 5 8 8 5 }}',
  '{{define "x"}}{{end}}{{define "x"}}b{{end}}{{template "x"}}',
  '{{define "x"}}b{{end}}{{define "x"}} {{end}}{{template "x"}}',
  '{{ (withEnv nil).Env.HOME }}{{ pick .missing "a" }}',
  '{{ printf "%t %v %v %v %v 100%%" true false .list .table .nothing }}',
  '{{ html "<a href=\'x\'>&\\"" }}{{ urlquery "a b&c=d/é~!*()" }}{{ html 1 2 }}',
  '{{ define "t" }}[{{ . }}{{ $ }}]{{ end }}{{ template "t" .text }}{{ template "t" }}{{ template "t" 1 }}',
  '{{ block "b" .table }}{{ .a }}{{ end }}',
  '{{ define "a" }}{{ template "b" . }}!{{ end }}{{ define "b" }}{{ .text }}{{ end }}{{ template "a" . }}',
  '{{ template "nope" }}',
  '{{ define "a" }}{{ template "a" }}{{ end }}{{ template "a" }}',
  '{{ if true }}{{ define "x" }}{{ end }}{{ end }}',
  '{{ define "a" }}1{{ end }}{{ define "a" }}2{{ end }}{{ template "a" }}',
  '{{ .text.deeper }}',
  '{{ .number.x }}',
  '{{ .text 1 }}',
  '{{ nil }}',
  '{{ $y }}',
  '{{ nofunction }}',
  '{{ if .yes }}',
  '{{ end }}',
  '{{ else }}',
  '{{ range .list }}{{ else }}{{ else }}{{ end }}',
  '{{ break }}',
  '{{ .text',
  '{{ (.text }}',
  '{{ .text) }}',
  '{{ "open }}',
  '{{ /* not closed }}',
  '{{ | }}',
  '{{ .text | }}',
  '{{ .text | .list }}',
  '{{ .text | "x" }}',
  '{{ }}',
  '{{ if }}x{{ end }}',
  '{{ range $a, $b, $c := .list }}{{ end }}',
  '{{ range $a, .x := .list }}{{ end }}',
  '{{ $x, $y := .list }}',
  '{{ $x = 1 }}',
  '{{ range .text }}{{ end }}',
  '{{ range $i, $j := 3 }}{{ end }}',
  '{{ .a-b }}',
  '{{ 1-2 }}',
  '{{ .list.0 }}',
  '{{ "a".b }}',
  '{{ (print "a") }}{{ (.table).a }}{{ (index .tables 0).id | len }}',
  '{{ (print "a").b }}',
  '{{ atoi "12" }}{{ atoi "-3" }}{{ range split "a,b,c" }}<{{ . }}>{{ end }}{{ len (split "") }}',
  '{{ atoi "x" }}',
  '{{ atoi 3 }}',
  '{{ atoi .missing }}',
  '{{ split .list }}',
  '{{ atoi }}',
  '{{ (withEnv .table).Env.HOME }}{{ (withEnv .table).a }}',
  '{{ pick .table "a" }}{{ pick . "nope" }}',
  '{{ pick .text "a" }}',
  '{{ toml . }}',
  '{{ toml .table }}|{{ pick . "tables" | toml }}|{{ pick . "table" | toml }}|{{ toml (pick . "nope") }}',
  '{{ toml .list }}',
  '{{\n.text\n}}',
  '{{ .text }}{{- "\n" }}x',
  'a\r\n{{- .text -}}\r\nb',
  '{{ true }}{{ false }}{{ printf "%v" nil }}',
  '{{ if and .yes (not .no) (gt .number 2) }}all{{ end }}{{ if or .no (eq .text "some text") }}any{{ end }}',
  '{{ $ }}',
  '{{ range $index, $element := .tables }}{{ if $index }},{{ end }}{{ $element.id }}{{ end }}',
  '{{ with .tables }}{{ range . }}{{ with .id }}{{ . }}{{ end }}{{ end }}{{ end }}',
];

describeWith('go', 'templates render as with Go’s text/template', () => {
  let ask: AskPeer;
  beforeAll(async () => {
    ask = await buildPeer();
  }, 300_000);

  test('for every template of the list', () => {
    const answers = ask(templates.map((template) => ({ template, data, env: { HOME: '/root' } })));
    const theirs = templates.map((template, index) => [template, asked(answers[index])]);
    expect(templates.map((template) => [template, ours(template)])).toEqual(theirs);
  });

  test('property: for any combination of the elements of the language', () => {
    const sample = fc.sample(anyTemplate, 3_000);
    const answers = ask(sample.map((template) => ({ template, data, env: { HOME: '/root' } })));
    const rendered = answers.filter((answer) => asked(answer) !== 'error').length;
    // A sample of nothing but errors would show nothing.
    expect(rendered).toBeGreaterThan(100);
    for (const [index, template] of sample.entries()) {
      expect([template, ours(template)]).toEqual([template, asked(answers[index])]);
    }
  });

  test('in compositions, with an environment and resources', async () => {
    const files = {
      'versions.toml': 'custom = { id = "own" }\n[[groups]]\nid = "v0.1"\n[[groups]]\nid = "v0.2"\n',
      'c.toml': `{{ with (load_resource "./versions.toml") }}{{ range $i, $g := .groups }}
[[groups]]
id = "{{ .id }}-{{ $i }}"
n = {{ atoi $.Env.COUNT }}
{{- end }}{{ if $.Env.EXTRA }}
[[groups]]
id = "{{ .custom.id }}"
{{ end }}{{ end }}{{ range split .Env.IDS }}{{ . }};{{ end }}{{ .Env.NOT_SET }}{{ index .Env "NOT_SET" }}`,
      'missing.toml': '{{ load_resource "./nope.toml" }}',
      'broken.toml': '{{ load_resource "./c.toml" }}',
      'typo.toml': '{{ .Evn.X }}',
    };
    const dir = await folderWith(files);
    for (const env of [
      { COUNT: '3', IDS: 'a,b', EXTRA: 'yes' },
      { COUNT: '0', IDS: '', EXTRA: '' },
    ]) {
      const rendered = Object.values(files).map((template) => {
        try {
          return { text: renderComposition(template, 'c.toml', dir, env).text };
        } catch {
          return 'error';
        }
      });
      const answers = ask(Object.values(files).map((template) => ({ template, env, dir })));
      expect(rendered).toEqual(answers.map(asked));
    }
  });
});

/** A template composed of random elements of the language; many are invalid, as users' templates may be. */
const anyTemplate = fc.letrec<Record<string, string>>((tie) => ({
  template: fc.array(tie('node'), { minLength: 1, maxLength: 4 }).map((nodes) => nodes.join('')),
  node: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom('text ', ' \n ', '{', 'é'),
    tie('pipe').map((pipe) => `{{ ${pipe} }}`),
    tie('pipe').map((pipe) => ` {{- ${pipe} -}} `),
    fc
      .tuple(tie('pipe'), tie('template'), tie('template'))
      .map(([a, b, c]) => `{{ if ${a} }}${b}{{ else }}${c}{{ end }}`),
    fc.tuple(tie('pipe'), tie('template')).map(([a, b]) => `{{ with ${a} }}${b}{{ end }}`),
    fc.tuple(tie('pipe'), tie('template')).map(([a, b]) => `{{ range ${a} }}${b}{{ end }}`),
    fc
      .tuple(tie('pipe'), tie('template'))
      .map(([a, b]) => `{{ range $k, $v := ${a} }}${b}{{ $k }}{{ $v }}{{ end }}`),
    tie('pipe').map((pipe) => `{{ $x := ${pipe} }}{{ $x }}`),
  ),
  pipe: fc.oneof(
    { maxDepth: 3 },
    tie('value'),
    fc.tuple(tie('value'), tie('value')).map(([a, b]) => `eq ${a} ${b}`),
    fc
      .tuple(
        fc.constantFrom('lt', 'ge', 'ne', 'and', 'or', 'index', 'print', 'printf "%v-%v"'),
        tie('value'),
        tie('value'),
      )
      .map((parts) => parts.join(' ')),
    fc
      .tuple(fc.constantFrom('len', 'not', 'print', 'println', 'html', 'printf "%v"', 'slice'), tie('value'))
      .map((parts) => parts.join(' ')),
    fc
      .tuple(tie('pipe'), fc.constantFrom('len', 'not', 'print', 'printf "<%v>"', 'eq 3', 'index .list'))
      .map(([a, b]) => `${a} | ${b}`),
  ),
  value: fc.oneof(
    { maxDepth: 2 },
    fc.constantFrom(
      '.',
      '$',
      '.text',
      '.number',
      '.list',
      '.numbers',
      '.table',
      '.table.deep.x',
      '.tables',
      '.missing',
    ),
    fc.constantFrom(
      '.id',
      '.n',
      '.float',
      '.yes',
      '.no',
      '.nothing',
      '.none',
      '.empty',
      '3',
      '0',
      '-1',
      '"a"',
      '""',
      '2.5',
      'true',
    ),
    tie('pipe').map((pipe) => `(${pipe})`),
    tie('pipe').map((pipe) => `(${pipe}).id`),
  ),
})).template as fc.Arbitrary<string>;
