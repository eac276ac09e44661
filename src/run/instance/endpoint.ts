import { influxEndpoint } from '../../influx/endpoint.ts';
import { type InstanceId, instanceTag } from '../../plan/instance-id.ts';
import type { Placement } from '../../runners/runner.ts';
import type { Endpoint } from '../../sync/server/endpoint.ts';
import { truncate } from '../../util/truncate.ts';
import type { RunContext } from '../context.ts';
import type { PushedMetrics } from '../metrics/pushed-metrics.ts';
import type { GroupContext } from './group-context.ts';

/** At most this many protocol errors of an instance are reported. */
const maxReported = 10;
/** Longer reports are truncated: they may quote what a client has sent. */
const maxReportLength = 500;
/** How many addresses to try before failing. */
const maxAttempts = 20;

/**
 * Opens the endpoint of an instance: the sync service in both protocols, and an InfluxDB that stores what is
 * written to it in the instance's outputs. Protocol errors are reported with the instance's name.
 * @throws TgError (environment) if no address is free.
 */
export async function openEndpoint(
  run: Pick<RunContext, 'emit' | 'forward'>,
  { server, sharedPort, noteOf }: Pick<GroupContext, 'server' | 'sharedPort' | 'noteOf'>,
  instance: InstanceId,
  placement: Placement,
  pushed: PushedMetrics,
): Promise<Endpoint> {
  const report = reportWithName(run, instance);
  const http = influxEndpoint({
    report,
    async keep(lines) {
      await pushed.add(lines);
      run.forward?.pushed(instance, lines);
    },
  });
  const options = { report, http, note: noteOf(instance) };
  if (sharedPort !== undefined) {
    if (placement.caller === undefined)
      throw new Error('the runner does not say how the instance is recognized');
    return sharedPort.open(placement.caller, options);
  }
  for (let tried = 1; ; tried++) {
    const address = placement.listenAt();
    try {
      return await server.open({ ...address, ...options });
    } catch (error) {
      // Another address may be free; there is no other for any free port of the loopback interface.
      if (address?.host === undefined || tried === maxAttempts) throw error;
    }
  }
}

function reportWithName({ emit }: Pick<RunContext, 'emit'>, instance: InstanceId): (problem: string) => void {
  let reported = 0;
  return (problem) => {
    reported++;
    if (reported > maxReported) return;
    const more = reported === maxReported ? ' (further problems of this instance are not reported)' : '';
    const text = `${instanceTag(instance)} at the sync service: ${truncate(problem, maxReportLength)}${more}`;
    emit({ type: 'notice', level: 'WARN', text });
  };
}
