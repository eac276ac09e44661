import { writeFileSync } from 'node:fs';
import { HeatmapChart } from 'echarts/charts';
import { GridComponent, TitleComponent, VisualMapComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';

use([HeatmapChart, GridComponent, TitleComponent, VisualMapComponent, SVGRenderer]);

/** A value for what one group sends to another. */
export interface Cell {
  readonly from: string;
  readonly to: string;
  readonly value: number;
}

/** Draws values for pairs of groups as a matrix: a row for each sender, a column for each receiver. */
export function pictureOfMatrix(title: string, unit: string, cells: readonly Cell[], file: string): void {
  const names = [...new Set(cells.map(({ from }) => from))];
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: 640, height: 400 });
  const axis = {
    type: 'category',
    data: names,
    axisTick: { show: false },
    axisLine: { show: false },
  } as const;
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    title: { text: title, left: 'center', top: 12, textStyle: { fontSize: 15 } },
    grid: { left: 90, right: 30, top: 80, bottom: 20 },
    xAxis: { ...axis, position: 'top' },
    yAxis: { ...axis, inverse: true },
    visualMap: {
      show: false,
      min: 0,
      max: Math.max(...cells.map(({ value }) => value)),
      inRange: { color: ['#eaf3fb', '#9cc9e8', '#3d8fc6'] },
    },
    series: {
      type: 'heatmap',
      data: cells.map(({ from, to, value }) => [to, from, Number(value.toFixed(1))]),
      label: { show: true, fontSize: 15, color: '#14171c', formatter: `{@[2]} ${unit}` },
      itemStyle: { borderColor: '#ffffff', borderWidth: 3 },
    },
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  writeFileSync(file, `${svg}\n`);
}
