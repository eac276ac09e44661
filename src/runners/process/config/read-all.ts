import type { Found } from '../../../plan/resolve/layered-config.ts';
import type { RunnerConfig } from '../../../plan/resolve/runner-info.ts';

type Read = (found: ReadonlyMap<string, Found<unknown>>) => RunnerConfig;

/** Reads the configuration of a runner with several keys, each by a function of its own. */
export function readAll(...reads: readonly Read[]): Read {
  return (found) => {
    const all = reads.map((read) => read(found));
    return {
      values: Object.assign({}, ...all.map(({ values }) => values)),
      doubts: all.flatMap(({ doubts }) => doubts),
    };
  };
}
