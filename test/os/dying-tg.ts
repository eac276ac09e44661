import { spawn } from 'node:child_process';
import { processIdOf } from '../../src/os/process-id.ts';
import { startWatchdog } from '../../src/os/watchdog.ts';

// Stands in for a tg that dies while its launcher is starting a process: the process begins half a second later.
const [mark = ''] = process.argv.slice(2);
const starter = spawn(
  '/bin/sh',
  ['-c', 'read -r line; sleep 0.5; env "$0" sleep 600 & echo begun; wait', mark],
  {
    detached: true,
    stdio: ['pipe', 'inherit', 'inherit'],
  },
);
const watchdog = startWatchdog({ mark }, (problem) => process.stderr.write(problem));
watchdog.awaitEndOf(processIdOf(starter.pid ?? 0));
// The watchdog is told in the same turn of the event loop, before this.
setImmediate(() => process.kill(process.pid, 'SIGKILL'));
