import { describe, expect, test } from 'vitest';
import { type Manifest, readManifest } from '../../src/plan/manifest/manifest.ts';
import { chooseBuilder, chooseRunner, meaningsOfRunner, sectionsOf } from '../../src/plan/resolve/choices.ts';
import { withStandIn } from '../support/runners.ts';
import { folderWith } from '../support/temp.ts';

async function manifestOf(text: string): Promise<Manifest> {
  return (await readManifest(await folderWith({ 'manifest.toml': `name = "p"\n${text}` }))).data;
}
const none = { builders: {}, runners: {} };
const nothing = { builder: 'exec:generic', config: {}, taken: '' } as const;
const cargo = { ...nothing, builder: 'exec:rust' } as const;

describe('the builder of a plan', () => {
  test.each([
    ['', 'exec:go', false, 'exec:go', undefined],
    ['', 'docker:go', false, 'exec:go', 'docker:go'],
    ['', 'docker:node', false, 'exec:node', 'docker:node'],
    ['', 'docker:generic', false, 'exec:generic', 'docker:generic'],
    ['', 'docker:generic', true, 'exec:rust', 'docker:generic'],
    // A missing `enabled` counts as enabled.
    ['[builders."docker:go"]', 'docker:go', false, 'exec:go', 'docker:go'],
    ['[builders."docker:go"]', 'exec:go', false, 'exec:go', undefined],
    ['[builders."exec:go"]', 'docker:go', false, 'exec:go', 'docker:go'],
    ['[builders."docker:generic"]\nenabled = true', 'exec:rust', true, 'exec:rust', undefined],
    // Without a request: the default, else the only one that is enabled.
    ['[defaults]\nbuilder = "docker:node"', undefined, false, 'exec:node', 'docker:node'],
    ['[builders."docker:go"]', undefined, false, 'exec:go', 'docker:go'],
    ['[builders."docker:go"]\n[builders."exec:go"]', undefined, false, 'exec:go', undefined],
    [
      '[builders."docker:go"]\n[builders."exec:node"]\nenabled = false',
      undefined,
      false,
      'exec:go',
      'docker:go',
    ],
  ])(
    'with sections "%s", asked for %s (Cargo.toml: %s), is %s',
    async (sections, asked, isCargo, id, standsFor) => {
      const choice = chooseBuilder(asked, await manifestOf(sections), isCargo ? cargo : nothing);
      expect([choice.id, choice.standsFor, choice.notes.length]).toEqual([
        id,
        standsFor,
        standsFor === undefined ? 0 : 1,
      ]);
    },
  );

  test.each([
    ['', 'docker:rust', /unknown builder "docker:rust"/],
    ['', undefined, /no builder is named/],
    ['[builders."docker:go"]\n[builders."docker:node"]', undefined, /no builder is named/],
    ['[builders."docker:go"]', 'exec:node', /does not enable the builder exec:node/],
    ['[builders."docker:go"]\nenabled = false', 'docker:go', /does not enable the builder docker:go/],
    ['[builders."docker:generic"]', 'exec:rust', /does not enable the builder exec:rust/],
  ])('with sections "%s", asked for %s, is refused', async (sections, asked, message) => {
    const manifest = await manifestOf(sections);
    expect(() => chooseBuilder(asked, manifest, nothing)).toThrow(message);
  });

  test('is configured by the home, the section that it replaces and its own section; the last one wins', async () => {
    const manifest = await manifestOf(`[builders."docker:go"]
exec_pkg = "docker"
path = "docker"
build_base_image = "golang"
[builders."docker:go".defaults]
modfile = "docker.mod"
[builders."exec:go"]
path = "exec"`);
    const home = { ...none, builders: { 'exec:go': { exec_pkg: 'home', module_path: 'home' } } };
    const sections = sectionsOf(chooseBuilder('docker:go', manifest, nothing), 'builders', manifest, home);
    expect(Object.assign({}, ...sections.map(({ values }) => values))).toEqual({
      exec_pkg: 'docker',
      path: 'exec',
      modfile: 'docker.mod',
      module_path: 'home',
      build_base_image: 'golang',
    });
  });
});

describe('the runner of a plan', () => {
  describe.each(['local:netns', 'local:exec'] as const)('where %s stands in for local:docker', (standIn) => {
    const runners = withStandIn(standIn);

    test.each([
      ['', undefined, 'local:exec', undefined],
      ['', 'local:docker', standIn, 'local:docker'],
      ['[defaults]\nrunner = "local:docker"', undefined, standIn, 'local:docker'],
      ['[runners."local:docker"]', undefined, standIn, 'local:docker'],
      ['[runners."local:docker"]', 'local:exec', 'local:exec', undefined],
      ['[runners."local:docker"]\n[runners."local:exec"]', undefined, 'local:exec', undefined],
      ['[runners."local:docker"]\n[runners."cluster:k8s"]', undefined, standIn, 'local:docker'],
    ])('with sections "%s", asked for %s, is %s', async (sections, asked, id, standsFor) => {
      const { standIns } = runners;
      const choice = chooseRunner(asked, await manifestOf(sections), runners);
      const notes = standsFor === undefined ? [] : [standIns[standsFor]?.note];
      expect(choice).toMatchObject({ id, standsFor, notes });
    });
  });

  test.each([
    ['[runners."local:docker"]', 'local:netns', 'local:netns', undefined],
    ['[runners."cluster:k8s"]', 'local:netns', 'local:netns', undefined],
    ['[runners."local:exec"]', 'local:netns', 'local:netns', undefined],
  ])('with sections "%s", asked for %s, is %s', async (sections, asked, id, standsFor) => {
    const choice = chooseRunner(asked, await manifestOf(sections), withStandIn('local:exec'));
    expect([choice.id, choice.standsFor]).toEqual([id, standsFor]);
  });

  test('that a name may mean is all that stand in for it on some machine', () => {
    const runners = withStandIn('local:exec');
    const meanings = ['local:docker', 'local:exec', 'cluster:k8s'].map((name) =>
      meaningsOfRunner(name, runners),
    );
    expect(meanings).toEqual([['local:exec', 'local:netns'], ['local:exec'], ['cluster:k8s']]);
    expect(() => meaningsOfRunner('local:dokcer', runners)).toThrow(/unknown runner "local:dokcer"/);
  });

  test('is not one that the plan disables', async () => {
    const manifest = await manifestOf('[runners."local:docker"]\nenabled = false');
    expect(() => chooseRunner('local:netns', manifest, withStandIn('local:exec'))).toThrow(
      /does not enable the runner local:netns/,
    );
  });
});
