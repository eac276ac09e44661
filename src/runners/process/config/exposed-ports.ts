import type { Found } from '../../../plan/resolve/layered-config.ts';
import type { RunnerConfig } from '../../../plan/resolve/runner-info.ts';
import type { RunnerValues } from '../../../plan/run-spec.ts';
import { TgError } from '../../../util/errors.ts';
import { textsOf } from './text-list.ts';

/** Variables of the run environment that end in _PORT and that labels must not override. */
const reserved = ['SYNC_SERVICE_PORT', 'REDIS_PORT'];

/** The key of run configuration for ports that instances listen on. */
export const exposedPortsKey = 'exposed_ports';

/** Reads `exposed_ports` for a runner whose instances share this machine's ports. */
export function readExposedPorts(found: ReadonlyMap<string, Found<unknown>>): RunnerConfig {
  const { variables, doubts } = exposedPortsOf(found.get(exposedPortsKey));
  const labels = variables.map((variable) => variable.replace(/_PORT$/, ''));
  return { values: labels.length === 0 ? {} : { [exposedPortsKey]: labels }, doubts };
}

/** The variables of exposed ports in a runner's configuration, as `readExposedPorts` has read it. */
export function exposedPortsIn(values: RunnerValues): readonly string[] {
  return textsOf(values, exposedPortsKey).map((label) => `${label}_PORT`);
}

/** The first port of those that are given to labels without a number. */
const firstUnnamed = 20_000;

/** Reads `exposed_ports` for a runner whose instances have all ports for themselves: they get those that are named. */
export function readOwnPorts(found: ReadonlyMap<string, Found<unknown>>): RunnerConfig {
  const its = found.get(exposedPortsKey);
  const { variables, doubts } = exposedPortsOf(its);
  if (its === undefined || variables.length === 0) return { values: {}, doubts };
  const named = variables.map((variable, index) => ({
    label: variable.replace(/_PORT$/, ''),
    port: numberOf(variable, its.value) ?? firstUnnamed + index,
  }));
  const isPort = ({ port }: { port: unknown }) => /^\d{1,5}$/.test(String(port)) && isInRange(Number(port));
  const ports = named.filter(isPort).map(({ label, port }) => `${label}=${Number(port)}`);
  const wrong = named.filter((one) => !isPort(one));
  return {
    values: ports.length === 0 ? {} : { [exposedPortsKey]: ports },
    doubts: [
      ...doubts,
      ...wrong.map(
        ({ label, port }) =>
          new TgError(
            'usage',
            `exposed_ports: ${JSON.stringify(port)} is not a port, for the label ${label}`,
            {
              where: its.where,
              hint: 'A port is a number from 1 to 65535, as in exposed_ports = { http = "8080" }.',
            },
          ),
      ),
    ],
  };
}

function isInRange(port: number): boolean {
  return port >= 1 && port <= 65_535;
}

/** The number that a table gives to the label of a variable; undefined for labels alone. */
function numberOf(variable: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return Object.entries(value).find(([label]) => variableOf(label) === variable)?.[1];
}

/** The variables of exposed ports with their values, as `readOwnPorts` has read them. */
export function ownPortsIn(values: RunnerValues): Readonly<Record<string, string>> {
  const pairs = textsOf(values, exposedPortsKey).map((text) => text.split('='));
  return Object.fromEntries(pairs.map(([label = '', port = '']) => [`${label}_PORT`, port]));
}

/** The ports of an instance, as the variables that hold them. */
export interface ExposedPorts {
  readonly variables: readonly string[];
  /** Problems of labels that give no variable. */
  readonly doubts: readonly TgError[];
}

/**
 * Parses `exposed_ports`: a table with a label for each port, or labels alone, as a list or separated by commas. As
 * in testground, the variable of a label is `<LABEL>_PORT`; the number in a table is the port inside a container.
 */
export function exposedPortsOf(found: Found<unknown> | undefined): ExposedPorts {
  if (found === undefined) return { variables: [], doubts: [] };
  const named = labelsIn(found.value).map((label) => ({ label, variable: variableOf(label) }));
  const isTaken = (variable: string | undefined) => variable === undefined || reserved.includes(variable);
  return {
    variables: [...new Set(named.flatMap(({ variable }) => (isTaken(variable) ? [] : (variable ?? []))))],
    doubts: named
      .filter(({ variable }) => isTaken(variable))
      .map(({ label, variable }) => doubtOf(label, variable, found.where)),
  };
}

function labelsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.map(String);
  if (typeof value === 'object' && value !== null) return Object.keys(value);
  return String(value)
    .split(',')
    .filter((label) => label.trim() !== '');
}

/** A number alone is a port exposed by an image, not a label. */
function variableOf(label: string): string | undefined {
  const name = label.trim().toUpperCase();
  return /^[^=\s\0]*[A-Z][^=\s\0]*$/.test(name) ? `${name}_PORT` : undefined;
}

function doubtOf(label: string, variable: string | undefined, where: string): TgError {
  const message =
    variable === undefined
      ? `exposed_ports: ${JSON.stringify(label)} is not a valid label`
      : `exposed_ports: the label ${JSON.stringify(label)} would replace ${variable}, which tg sets itself`;
  return new TgError('usage', message, {
    where,
    hint: 'Write exposed_ports = { http = "8080" }: each instance finds a free port in HTTP_PORT.',
  });
}
