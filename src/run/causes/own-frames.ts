/** Functions of a Go stack that are not the plan's: the runtime, and the SDK that reports the crash. */
const goMachinery = /^(runtime[./]|panic\(|created by runtime|github\.com\/testground\/sdk-go\/)/;
/** Lines of stacks that are not the plan's: Node itself, installed packages, and lines without content. */
const machinery =
  /\(?(node:internal|node:)[\w/]+:?\d*|\/node_modules\/|\/site-packages\/|\/dist\/sdk\/index\.js:|\/testground-tg\/|^goroutine \d+ \[|^Node\.js v\d|^ *\d+: 0x[0-9a-f]+ |^\s*\^*\s*$|RUST_BACKTRACE/;

/** The lines of a stack that are about the plan's own code; the whole stack if there are none. */
export function ownFrames(stack: readonly string[]): readonly string[] {
  const own: string[] = [];
  for (let at = 0; at < stack.length; at++) {
    const line = stack[at] ?? '';
    // A frame of Go is two lines: the function, and its place, which begins with a tab.
    const isGoFrame = stack[at + 1]?.startsWith('\t') === true && !line.startsWith('\t');
    const isOwn = isGoFrame ? !goMachinery.test(line) : !machinery.test(line);
    if (isOwn) own.push(line);
    if (!isGoFrame) continue;
    at++;
    if (isOwn) own.push(stack[at] ?? '');
  }
  return own.length === 0 ? stack : own;
}
