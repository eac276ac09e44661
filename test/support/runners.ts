import { type MachineRunners, runnerInfo } from '../../src/plan/resolve/runner-info.ts';
import { runnerCatalog } from '../../src/runners/registry.ts';

/** The runners of a machine on which a runner stands in for local:docker. */
export function withStandIn(id: 'local:netns' | 'local:exec'): MachineRunners {
  const note = runnerInfo(runnerCatalog, id)?.replaces['local:docker'] ?? '';
  return { ...runnerCatalog, standIns: { 'local:docker': { id, note } } };
}
