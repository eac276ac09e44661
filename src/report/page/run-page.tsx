import { useEffect } from 'preact/hooks';
import { titleOf } from '../data.ts';
import { About } from './about.tsx';
import { Attachments } from './attachments.tsx';
import { live } from './live.ts';
import { LogView } from './log/log.tsx';
import { MachineLane } from './machine/machine.tsx';
import { Metrics } from './metrics/metrics.tsx';
import { NetworkSection } from './network/network.tsx';
import { Page } from './page.tsx';
import { report } from './state.ts';
import { Barriers } from './timeline/barriers.tsx';
import { StageTimes } from './timeline/stage-times.tsx';
import { Timeline } from './timeline/timeline.tsx';
import { Verdict } from './verdict/verdict.tsx';

export function RunPage() {
  const { about, barriers, machine, network, metrics, instances, attachments, stageTimes } = report.value;
  useEffect(() => {
    document.title = titleOf(about);
  }, [about]);
  const links = [
    'verdict',
    ...(instances.some(({ from }) => from !== null) ? ['timeline'] : []),
    ...(machine === null ? [] : ['machine']),
    ...(network === null ? [] : ['network']),
    ...(stageTimes.length > 0 ? ['stages'] : []),
    ...(barriers.length > 0 ? ['barriers'] : []),
    ...(metrics.length > 0 ? ['metrics'] : []),
    ...(attachments.length > 0 ? ['attachments'] : []),
    'log',
    'about',
  ];
  return (
    <Page links={links}>
      {live.value !== undefined && <p class="live">{live.value}</p>}
      <Verdict />
      <Timeline />
      <MachineLane />
      <NetworkSection />
      <StageTimes />
      <Barriers />
      <Metrics />
      <Attachments />
      <LogView />
      <About />
    </Page>
  );
}
