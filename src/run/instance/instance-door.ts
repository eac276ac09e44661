import { influxEndpoint } from '../../influx/endpoint.ts';
import type { Note } from '../../sync/server/activity-log.ts';
import type { Endpoint } from '../../sync/server/endpoint.ts';
import type { SyncServer } from '../../sync/server/server.ts';
import { truncate } from '../../util/truncate.ts';
import type { RunContext } from '../runner.ts';
import { type InstanceId, instanceTag } from './instance-id.ts';
import type { PushedMetrics } from './pushed-metrics.ts';

/** So many wrong doings of one instance are told one by one. */
const mostTold = 10;
/** More of one is not told: it may quote what a client has sent. */
const mostShown = 500;

/** Where an instance's door is to be; any free port of 127.0.0.1 where nothing is said. */
export interface DoorPlace {
  readonly host?: string;
  readonly port?: number;
}

/**
 * Opens the door of an instance: the sync service in both protocols, and an InfluxDB that keeps what is written in the
 * instance's outputs. What its SDK does wrong there is told with the instance's name.
 * @param note is told of what it does there.
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
    const more = told === mostTold ? ' (more of this instance is not told)' : '';
    const text = `${instanceTag(instance)} and the sync service: ${truncate(problem, mostShown)}${more}`;
    emit({ type: 'notice', level: 'WARN', text });
  };
}
