import { spawn } from 'node:child_process';
import type { NetworkEngine } from '../../../network/engine.ts';
import { KernelEngine } from '../../../network/kernel/engine.ts';
import { tryKernel } from '../../../network/kernel/trial.ts';
import type { EngineChoice } from '../engine.ts';
import type { Namespaces } from './namespaces.ts';
import { UserEngine } from './user-engine.ts';

/** What an engine needs. */
export interface EngineContext {
  readonly home: Namespaces;
  /** The namespaces of the far ends of the data network. */
  readonly switchSide: Namespaces;
  /** The program of the switch. */
  readonly program: string;
  /** Called with how the switch has ended, if it ends before this process. */
  readonly onLost: (how: string) => void;
}

/** An engine that was started, with the reason for the choice, as text. */
export interface ChosenEngine {
  readonly engine: NetworkEngine;
  readonly reason: string;
  /** Whether it delays and drops packets; a rate alone is always possible. */
  readonly canDelay: boolean;
}

/** Starts the engine of a run. @throws Error if the kernel cannot do what was chosen. */
export function startEngine(choice: EngineChoice, context: EngineContext): ChosenEngine {
  const user = (reason: string) => ({ engine: startUser(context), reason, canDelay: true });
  if (choice === 'user') return user('as asked');
  const { home, switchSide } = context;
  const { netlink, net } = switchSide;
  const { lacks, hasNetem } = tryKernel(netlink, net);
  const inside = <T>(work: () => T) => switchSide.inside(home, work);
  const kernel = (reason: string) => ({
    engine: new KernelEngine({ netlink, netns: net, hasNetem, inside }),
    ...{ reason, canDelay: hasNetem },
  });
  if (choice === 'kernel') {
    if (lacks !== undefined) throw new Error(`engine=kernel: ${lacks}`);
    return kernel(hasNetem ? 'as asked' : 'as asked; this kernel has no netem: it limits rates, and no more');
  }
  if (lacks === undefined && hasNetem) return kernel('this kernel has netem');
  return user(lacks ?? 'this kernel has no netem (sch_netem)');
}

function startUser({ home, switchSide, program, onLost }: EngineContext): UserEngine {
  const child = switchSide.inside(home, () =>
    spawn(process.execPath, ['--single-threaded-gc', program], {
      argv0: 'tg-switch',
      stdio: ['pipe', 'pipe', 'inherit'],
      env: {},
    }),
  );
  return new UserEngine(child, onLost);
}
