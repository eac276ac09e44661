import type UPlot from 'uplot';
import { pageColour } from '../theme.ts';

/** How the axes of all plots look, in the colours of the current theme. */
export function axisStyle(): UPlot.Axis {
  return {
    stroke: pageColour('--ink'),
    grid: { stroke: pageColour('--faint'), width: 1 },
    ticks: { stroke: pageColour('--faint'), width: 1 },
    font: '12px system-ui',
  };
}
