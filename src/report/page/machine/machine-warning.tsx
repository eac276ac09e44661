import { report } from '../state.ts';

/** That the machine was saturated, beside the verdict. */
export function MachineWarning() {
  const { machine } = report.value;
  if (machine === null || machine.warning === null) return null;
  return (
    <p class="machine-warning">
      <span aria-hidden="true">!</span> <a href="#machine">{machine.warning}</a>
    </p>
  );
}
