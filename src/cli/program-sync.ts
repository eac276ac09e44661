import { Argument, type Command } from 'commander';
import type { ExitCode } from '../util/exit-codes.ts';
import type { PublishOptions, SignalOptions, SubscribeOptions } from './commands/sync/commands.ts';
import { type EventName, eventNames } from './commands/sync/event.ts';
import { positive } from './flags/flag-definitions.ts';

type Done = (code: ExitCode) => void;

const timeout = ['--timeout <duration>', 'fail if it takes longer than this, for instance 30s'] as const;
const commands = () => import('./commands/sync/commands.ts');

/** `tg sync`: lets programs without an SDK take part in a run. */
export function addSync(program: Command, done: Done): void {
  const sync = program
    .command('sync')
    .description('take part in a run from a shell script, or any program without an SDK')
    .addHelpText(
      'after',
      `
In a run, the environment says which run it is and where its sync service
listens.

Exit codes:
  0  done
  1  the run has failed, and the wait cannot succeed
  2  wrong usage
  5  no sync service answers
  7  timed out (--timeout)

A script that elects a leader:
  n=$(tg sync signal ready --wait)
  if [ "$n" = 1 ]; then tg sync publish leader "$HOSTNAME" >/dev/null; fi
  leader=$(tg sync subscribe leader --count 1)`,
    );
  addStates(sync, done);
  addTopics(sync, done);
  addEvents(sync, done);
}

function addStates(sync: Command, done: Done): void {
  sync
    .command('signal')
    .description('enter a state, and print the number of this entry, from 1')
    .argument('<state>', 'its name')
    .option('-w, --wait', 'then wait until there are as many entries as instances')
    .option('--target <n>', 'then wait for this number of entries')
    .option(...timeout)
    .action(async (state: string, options: SignalOptions) =>
      done(await (await commands()).signal(state, options)),
    );
  sync
    .command('barrier')
    .description('wait until a state has been entered a number of times')
    .argument('<state>', 'its name')
    .argument('[target]', 'the number of entries (default: the number of instances)')
    .option(...timeout)
    .action(async (state: string, target: string | undefined, options: SignalOptions) =>
      done(await (await commands()).barrier(state, target, options)),
    );
}

function addTopics(sync: Command, done: Done): void {
  sync
    .command('publish')
    .description('publish a message on a topic, and print its number, from 1')
    .argument('<topic>', 'its name')
    .argument('<message>', 'a text; - reads it from stdin')
    .option('--json', 'the message is JSON: a number, an object, …')
    .option(...timeout)
    .action(async (topic: string, message: string, options: PublishOptions) =>
      done(await (await commands()).publish(topic, message, options)),
    );
  sync
    .command('subscribe')
    .description('print the messages of a topic from the first one, one per line, as they arrive')
    .argument('<topic>', 'its name')
    .option('-n, --count <n>', 'end after this number of messages (default: when the run ends)', positive)
    .option('--json', 'print texts as JSON too, so that each message is one line')
    .option(...timeout)
    .action(async (topic: string, options: SubscribeOptions) =>
      done(await (await commands()).subscribe(topic, options)),
    );
}

function addEvents(sync: Command, done: Done): void {
  sync
    .command('event')
    .description('print an event of this instance as an SDK does; stdout must be the instance’s')
    .addArgument(new Argument('<type>').choices(eventNames))
    .argument('[text]', 'the message, the error, or the name of the stage')
    .option(...timeout)
    .action(async (type: EventName, text: string | undefined, options: SignalOptions) =>
      done(await (await commands()).event(type, text, options)),
    );
}
