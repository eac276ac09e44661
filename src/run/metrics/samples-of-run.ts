import { pushedAs, type Sample } from '../../metrics/sample.ts';
import type { NetworkMeasured } from '../../network/measured.ts';
import type { RunSpec } from '../../plan/run-spec.ts';
import { networkSamples } from './network-samples.ts';

/** The metrics of a run whose instances have all ended. */
export interface Measurement {
  readonly spec: RunSpec;
  readonly runDir: string;
  readonly ended: Date;
  /** Undefined if its network was not measured. */
  readonly network: NetworkMeasured | undefined;
  /** Aborts the reading. */
  readonly kill: AbortSignal;
}

/**
 * Yields the metrics of a run whose instances have all ended: what they reported, then what its network did.
 * @param onUnread receives a description of what could not be read of a file.
 */
export async function* samplesOfRun(
  { spec, runDir, ended, network, kill }: Measurement,
  onUnread: (problem: string) => void,
): AsyncGenerator<readonly Sample[]> {
  const { readMetrics } = await import('../../metrics/read-run.ts');
  const plan = pushedAs(spec.plan.name, spec.testCase);
  yield* readMetrics(runDir, { plan, onUnread, signal: kill });
  if (network !== undefined) yield networkSamples(network, ended);
}
