import { join } from 'node:path';
import { expect, test } from 'vitest';
import { exposedPortsOf, ownPortsIn, readOwnPorts } from '../../src/runners/process/config/exposed-ports.ts';
import { freePorts } from '../../src/runners/process/free-ports.ts';
import { planWith } from '../support/plans.ts';
import { folderWith } from '../support/temp.ts';
import { someMachine, tg } from '../support/tg.ts';

/** Listens on both of its ports until all instances do, and sends a request to each. */
const listener = `
import { createServer } from 'node:http';
import { invoke } from 'testground-tg/sdk';

await invoke(async (runenv, { syncClient }) => {
  const servers = [];
  for (const label of ['HTTP', 'DEBUG-UI']) {
    const port = process.env[label + '_PORT'];
    const server = createServer((_, response) => response.end(label + ' listens on ' + port));
    await new Promise((resolve, reject) => server.once('error', reject).listen(Number(port), resolve));
    servers.push(server);
    runenv.recordMessage(await (await fetch('http://127.0.0.1:' + port)).text());
  }
  await syncClient.signalAndWait('all listen', runenv.testInstanceCount);
  for (const server of servers) server.close().closeAllConnections();
});
`;

const composition = (plan: string) => `[global]
plan = ${JSON.stringify(plan)}
case = "t"
[global.run_config.exposed_ports]
http = "8080"
debug-ui = "6060"
[[groups]]
id = "g"
instances = { count = 4 }
`;

test('each instance gets free ports of its own to listen on, in a rerun too', async () => {
  const plan = await planWith(listener);
  const file = join(await folderWith({ 'c.toml': composition(plan) }), 'c.toml');
  const machine = await someMachine();
  const { code, stdout, runId } = await tg(machine, ['run', 'composition', '-f', file]);
  const listeners = ['HTTP', 'DEBUG-UI'].flatMap((label) => [0, 1, 2, 3].map((n) => `g[00${n}] ${label}`));
  const again = await tg(machine, ['rerun', runId]);
  for (const run of [{ code, stdout }, again]) {
    const found = [...run.stdout.matchAll(/<< (\S+) >> (HTTP|DEBUG-UI) listens on (\d+)/g)];
    expect([run.code, found.map(([, tag, label]) => `${tag} ${label}`).sort()]).toEqual([
      0,
      listeners.sort(),
    ]);
    expect(new Set(found.map(([, , , port]) => port)).size).toBe(8);
  }
});

test('two users of freePorts get different ports, all from 20000 to 31999', async () => {
  await using one = freePorts();
  await using other = freePorts();
  const taken = await Promise.all(Array.from({ length: 120 }, (_, n) => (n % 2 === 0 ? one : other).take()));
  expect(new Set(taken).size).toBe(120);
  expect(taken.filter((port) => port < 20_000 || port >= 32_000)).toEqual([]);
});

test.each([
  [{ http: '8080', Debug: 6060 }, ['HTTP_PORT', 'DEBUG_PORT'], []],
  [['http', 'http'], ['HTTP_PORT'], []],
  ['http, debug', ['HTTP_PORT', 'DEBUG_PORT'], []],
  [['6060', 1234], [], ['"6060" is not a valid label', '"1234" is not a valid label']],
  [{ redis: '1' }, [], ['would replace REDIS_PORT']],
  [{ 'a=b': '1', 'a b': '1' }, [], ['"a=b" is not a valid label', '"a b" is not a valid label']],
])('exposed_ports = %j gives the variables %j', (value, variables, said) => {
  const { doubts, ...found } = exposedPortsOf({ value, where: 'c.toml: global.run_config' });
  expect([found.variables, doubts.length]).toEqual([variables, said.length]);
  for (const [index, text] of said.entries()) expect(doubts[index]?.message).toContain(text);
});

test.each([
  [{ http: '8080', Debug: 6060 }, { HTTP_PORT: '8080', DEBUG_PORT: '6060' }, []],
  [['http', 'debug'], { HTTP_PORT: '20000', DEBUG_PORT: '20001' }, []],
  ['http', { HTTP_PORT: '20000' }, []],
  [
    { http: 'web', ok: '080', far: 65536, none: 0 },
    { OK_PORT: '80' },
    ['"web" is not a port', '65536', '0 is'],
  ],
  [{ redis: '1' }, {}, ['would replace REDIS_PORT']],
])('exposed_ports = %j are %j where instances have all ports for themselves', (value, ports, said) => {
  const { values, doubts } = readOwnPorts(new Map([['exposed_ports', { value, where: 'c.toml' }]]));
  expect([ownPortsIn(values), doubts.length]).toEqual([ports, said.length]);
  for (const [index, text] of said.entries()) expect(doubts[index]?.message).toContain(text);
});
