import { LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import type { Plot } from './benchmark.ts';

use([LineChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);

/** A colour-blind-safe palette (Okabe and Ito, 2008). */
const colours = ['#0072b2', '#e69f00', '#009e73', '#cc79a7'];

/** A plot as SVG; both axes are logarithmic. */
export function svgOf({ title, x, y, curves }: Plot): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: 720, height: 420 });
  const axis = { type: 'log', nameLocation: 'middle', minorSplitLine: { show: true } } as const;
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    color: colours,
    title: { text: title, left: 'center' },
    legend: { top: 30 },
    grid: { left: 70, right: 30, top: 70, bottom: 55 },
    xAxis: { ...axis, name: x, nameGap: 30 },
    yAxis: { ...axis, name: y, nameGap: 50 },
    series: curves.map(({ name, points }) => ({
      type: 'line' as const,
      name,
      data: points.map(([at, value]) => [at, value]),
    })),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}
