import { type LogFilter, logFilter } from '../state.ts';

export function changeFilter(changes: Partial<LogFilter>): void {
  logFilter.value = { ...logFilter.value, ...changes };
}
