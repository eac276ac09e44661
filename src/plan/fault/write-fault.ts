import type { Cue, FaultKind, FaultSpec, FaultTarget, InstanceSet, Moment, NetworkEffect } from './fault.ts';
import type { FaultTable } from './fault-table.ts';

/** Writes a fault as a table of a composition. @see readFault */
export function writeFault({ kind, network, target, moment, forMs }: FaultSpec): FaultTable {
  return {
    kind,
    target: writeTarget(target),
    ...writeMoment(moment),
    ...(network !== null && writeNetworkEffect(kind, network)),
    ...(forMs !== null && { for: writeDuration(forMs) }),
  };
}

function writeNetworkEffect(
  kind: FaultKind,
  { layout, direction, link }: NetworkEffect,
): Partial<FaultTable> {
  return {
    ...(kind === 'partition' && { layout }),
    ...(layout === 'split' && kind !== 'nat-reset' && { direction }),
    ...(link !== null && { link }),
  };
}

function writeTarget({ pick, of }: FaultTarget): string {
  return pick === 'all' ? writeSet(of) : `${pick}:${writeSet(of)}`;
}

function writeSet(set: InstanceSet): string {
  switch (set.kind) {
    case 'group':
      return set.group;
    case 'instance':
      return `${set.group}[${set.index}]`;
    case 'signalled':
    case 'first':
      return `${set.kind}(${set.state})`;
    default:
      return set.kind;
  }
}

function writeMoment(moment: Moment): Partial<FaultTable> {
  switch (moment.kind) {
    case 'at':
      return { at: writeDuration(moment.atMs) };
    case 'between':
      return { from: writeDuration(moment.fromMs), until: writeDuration(moment.untilMs) };
    case 'every':
      return {
        every: writeDuration(moment.everyMs),
        jitter: writeDuration(moment.jitterMs),
        from: writeDuration(moment.fromMs),
        ...(moment.untilMs !== null && { until: writeDuration(moment.untilMs) }),
        ...(moment.times !== null && { times: moment.times }),
      };
    case 'cue': {
      const { cue, by, count, times, afterMs } = moment;
      const who = by === null ? undefined : writeSet(by);
      return {
        ...writeCue(cue, who),
        ...{ count, times, after: writeDuration(afterMs) },
        ...(who !== undefined && cue.on !== 'end' && { by: who }),
      };
    }
  }
}

function writeCue(cue: Cue, by: string | undefined): Partial<FaultTable> {
  switch (cue.on) {
    case 'state':
      return { state: cue.state };
    case 'topic':
      return { topic: cue.topic, ...(cue.value !== null && { value: cue.value }) };
    case 'stage':
      return { stage: cue.stage, edge: cue.edge };
    case 'line':
      return { line: cue.text };
    case 'end':
      return { ended: by ?? 'all' };
  }
}

function writeDuration(ms: number): string {
  return `${ms}ms`;
}
