import { influxEndpoint } from '../../influx/endpoint.ts';
import type { Note } from '../../sync/server/activity-log.ts';
import type { Endpoint } from '../../sync/server/endpoint.ts';
import type { SyncServer } from '../../sync/server/server.ts';
import { truncate } from '../../util/truncate.ts';
import type { RunContext } from '../runner.ts';
import { type InstanceId, instanceTag } from './instance-id.ts';
import type { PushedMetrics } from './pushed-metrics.ts';

/** At most this many protocol errors of an instance are reported. */
const mostTold = 10;
/** Longer reports are truncated: they may quote what a client has sent. */
const mostShown = 500;

/** The address of an instance's endpoint; by default any free port of 127.0.0.1. */
export interface DoorPlace {
  readonly host?: string;
  readonly port?: number;
}

/**
 * Opens the endpoint of an instance: the sync service in both protocols, and an InfluxDB that stores what is
 * written to it in the instance's outputs. Protocol errors are reported with the instance's name.
 * @param note called with each of its sync operations.
 */
export async function openInstanceDoor(
  server: SyncServer,
  run: Pick<RunContext, 'emit' | 'forward'>,
  note: Note,
  instance: InstanceId,
  pushed: PushedMetrics,
  place: DoorPlace = {},
): Promise<Endpoint> {
  const report = toldWithName(run, instance);
  const http = influxEndpoint({
    report,
    async keep(lines) {
      await pushed.add(lines);
      run.forward?.pushed(instance, lines);
    },
  });
  return await server.open({ ...place, report, http, note });
}

function toldWithName({ emit }: Pick<RunContext, 'emit'>, instance: InstanceId): (problem: string) => void {
  let told = 0;
  return (problem) => {
    told++;
    if (told > mostTold) return;
    const more = told === mostTold ? ' (further problems of this instance are not reported)' : '';
    const text = `${instanceTag(instance)} at the sync service: ${truncate(problem, mostShown)}${more}`;
    emit({ type: 'notice', level: 'WARN', text });
  };
}
