/** How much of a run is shown to a person. */
export interface Detail {
  /** Whether the lines of instances are shown, besides failures, and what tg does. */
  readonly progress: boolean;
  /** Whether each line is shown, with the environment of each instance, and after the run was abandoned. */
  readonly everything: boolean;
  /** Whether the end has a line for each verdict that its instance did not report. */
  readonly verdicts: boolean;
  /** Whether the end says why the run did not pass. */
  readonly causes: boolean;
}

/** How a run is shown. */
export interface Shown {
  readonly detail: Detail;
  /** The terminal whose board shows which instances have started and passed; undefined elsewhere. */
  readonly terminal: { readonly truncate: (line: string) => string } | undefined;
}

interface Asked {
  readonly quiet?: boolean | undefined;
  readonly verbose?: boolean | undefined;
}

/** The detail that flags ask for. The name `testground` prints what testground does. */
export function detailOf({ quiet = false, verbose = false }: Asked, command: string): Detail {
  const isTestground = command === 'testground';
  const everything = verbose || isTestground;
  return { progress: !quiet, everything, verdicts: everything, causes: !isTestground };
}

/** The detail of a log that was asked for. */
export const wholeLog: Detail = { progress: true, everything: true, verdicts: true, causes: true };
