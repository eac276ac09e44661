import type { InstanceAction } from '../../faults/cue-counter.ts';
import { FaultInjector } from '../../faults/injector.ts';
import type { FaultSpec, ProcessKind } from '../../plan/fault/fault.ts';
import { type InstanceId, instancesOfGroups } from '../../plan/instance-id.ts';
import { nameOfState, nameOfTopic } from '../../sync/protocol.ts';
import type { Note } from '../../sync/server/activity-log.ts';
import { stayingGroups } from '../awaited.ts';
import type { RunContext } from '../context.ts';
import type { RunEvent } from '../events/events.ts';
import type { InstanceRegistry, RunningInstance } from '../instance/instance-registry.ts';
import { whenAborted } from '../stop.ts';
import { beginNetworkFault } from './network-faults.ts';
import { type FaultContext, processFaults } from './process-faults.ts';

/** Whether faults have cues among lines that are not reported otherwise. */
export function needsLines(faults: readonly FaultSpec[]): boolean {
  return faults.some(({ moment }) => moment.kind === 'cue' && moment.cue.on === 'line');
}

/** The faults of a run at work. */
export interface RunFaults {
  /** All instances are started. */
  start(): void;
  /** Takes note of what an instance does at the sync service. */
  noteOf(instance: InstanceId): Note;
  /** All instances have ended: undoes what lasts. */
  end(): Promise<void>;
}

/** Injects the faults of a run; undefined for a run without faults. */
export function injectFaults(
  { spec, emit, listen, stop, session }: RunContext,
  registry: InstanceRegistry,
): RunFaults | undefined {
  if (spec.faults.length === 0) return undefined;
  const running = (instance: InstanceId): RunningInstance | undefined => {
    const its = registry.find(instance);
    return its !== undefined && registry.running.has(its) ? its : undefined;
  };
  const all = instancesOfGroups(spec.groups);
  const staying = stayingGroups(spec);
  const context: FaultContext = { pauses: new Map(), isRunning: (its) => registry.running.has(its) };
  const injector = new FaultInjector({
    faults: spec.faults,
    seed: spec.seed,
    instances: all,
    isAwaited: (instance) => !staying.has(instance.group),
    isRunning: (instance) => running(instance) !== undefined,
    begin: async (injection) => {
      const { fault, instances } = injection;
      if (fault.network !== null)
        return await beginNetworkFault(session.network, fault.network, injection, all);
      const begin = processFaults[fault.kind as ProcessKind];
      return begin(
        instances.flatMap((instance) => running(instance) ?? []),
        context,
      );
    },
    report: (report) => emit({ type: 'fault', ...report }),
  });
  listen((event) => {
    if (!('instance' in event) || event.instance === undefined) return;
    for (const action of actionsIn(event)) injector.learn(event.instance, action);
  });
  whenAborted(stop, () => void injector.end());
  return {
    start: () => injector.start(),
    noteOf: (instance) => (entry, _, payload) => {
      if (entry.did === 'signal')
        injector.learn(instance, { did: 'signal', state: nameOfState(entry.state) });
      if (entry.did === 'publish' && payload !== undefined)
        injector.learn(instance, { did: 'publish', topic: nameOfTopic(entry.topic), payload });
    },
    end: () => injector.end(),
  };
}

/** What an instance did, as its output and its end tell. */
function actionsIn(event: RunEvent): readonly InstanceAction[] {
  if (event.type === 'instance-exited') return [{ did: 'end' }];
  if (event.type !== 'line') return [];
  const { event: said, text } = event;
  const printed: InstanceAction = { did: 'print', text: said?.type === 'message' ? said.message : text };
  if (said?.type === 'stage-start') return [printed, { did: 'stage', stage: said.name, edge: 'begin' }];
  if (said?.type === 'stage-end') return [printed, { did: 'stage', stage: said.name, edge: 'end' }];
  return [printed];
}
