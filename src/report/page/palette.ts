import type { ReportOutcome } from '../data.ts';
import type { SignName } from './signs.ts';

/**
 * A colour-blind-safe palette (Okabe and Ito, 2008). Each outcome also has its own sign, so that colour is never
 * the only distinction.
 */
export const outcomes: Readonly<Record<ReportOutcome, { readonly colour: string; readonly sign: SignName }>> =
  {
    success: { colour: '#009e73', sign: 'check' },
    faulted: { colour: '#0072b2', sign: 'bolt' },
    failed: { colour: '#d55e00', sign: 'cross' },
    crashed: { colour: '#cc79a7', sign: 'bangs' },
    'timed-out': { colour: '#e69f00', sign: 'clock' },
    incomplete: { colour: '#f0e442', sign: 'question' },
    'never-started': { colour: '#999999', sign: 'never' },
    canceled: { colour: '#999999', sign: 'dash' },
    aborted: { colour: '#999999', sign: 'dash' },
    running: { colour: '#56b4e9', sign: 'play' },
    ended: { colour: '#0072b2', sign: 'square' },
    'waiting to start': { colour: '#999999', sign: 'dot' },
  };

/** The colour of faults, in rows and in plots. */
export const faultColour = '#cc79a7';

/** Whether an instance is known not to have passed. */
export function isTrouble(outcome: ReportOutcome): boolean {
  return !['success', 'faulted', 'running', 'ended', 'waiting to start'].includes(outcome);
}

/** The colours of groups in plots, and of stages. */
export const palette = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00', '#999999'] as const;

export function colourOf(place: number): string {
  return palette[place % palette.length] ?? palette[0];
}

/** The dash pattern of a line without a label, distinct from other lines of the same colour. */
export function dashOf(place: number): number[] {
  return (
    [[], [8, 4], [2, 3], [12, 3, 2, 3]][
      ((place % palette.length) + Math.floor(place / palette.length)) % 4
    ] ?? []
  );
}
