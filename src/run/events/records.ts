import { ownProcessId, processRef } from '../../os/process-id.ts';
import { type Journal, journalVersion } from '../../outputs/journal.ts';
import { hostOf } from '../../plan/resolve/run-config.ts';
import type { RunEvent } from './events.ts';

/** Adds an event to the journal of a run. Lines are not added: they are in run.out and run.err. */
export function record(journal: Journal, event: RunEvent): void {
  if (event.type === 'line') return;
  const { type, ...rest } = event;
  if (event.type === 'run-queued') {
    // URLs are not recorded: they may contain a password.
    const { config, ...spec } = event.spec;
    const influxdb = hostOf(config.influxdb) ?? null;
    const otlp = hostOf(config.otlp) ?? null;
    const kept = { ...spec, config: { ...config, sync: config.sync.store, influxdb, otlp } };
    journal.add(type, { version: journalVersion, owner: processRef(ownProcessId()), spec: kept });
  } else if (event.type === 'run-started') {
    journal.add(type, { sync: event.sync });
  } else if (event.type === 'run-ended') {
    journal.add(type, { outcome: event.result.outcome, counts: event.result.counts });
  } else {
    journal.add(type, rest);
  }
}
