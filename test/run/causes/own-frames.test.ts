import { expect, test } from 'vitest';
import { ownFrames } from '../../../src/run/causes/own-frames.ts';

const go = `goroutine 1 [running]:
runtime/debug.Stack()
	/usr/lib/go/src/runtime/debug/stack.go:26 +0x5e
github.com/testground/sdk-go/runtime.(*RunEnv).RecordCrash(0xc0001)
	/root/go/pkg/mod/github.com/testground/sdk-go@v0.3.0/runtime/runenv_events.go:190 +0x1a
panic({0x9c0, 0xc00})
	/usr/lib/go/src/runtime/panic.go:792 +0x132
main.join(...)
	/plan/peers.go:31
main.main()
	/plan/main.go:12 +0x45`;

const node = `TypeError: peer is undefined
    at join (file:///plan/index.mjs:23:92)
    at process.processImmediate (node:internal/timers:491:21)
    at file:///plan/node_modules/p-limit/index.js:3:1
    at Server.listen (node:net:1817:16)

Node.js v20.20.2`;

test.each([
  ['Go', go, ['main.join(...)', '\t/plan/peers.go:31', 'main.main()', '\t/plan/main.go:12 +0x45']],
  ['Node', node, ['TypeError: peer is undefined', '    at join (file:///plan/index.mjs:23:92)']],
])('of a stack of %s, the frames of the plan are kept', (_, stack, own) => {
  expect(ownFrames(stack.split('\n'))).toEqual(own);
});

test('a stack without a frame of the plan is kept whole', () => {
  const stack = ['panic(0x1)', '\t/usr/lib/go/src/runtime/panic.go:792', 'goroutine 1 [running]:'];
  expect(ownFrames(stack)).toEqual(stack);
});
