import { getSystemErrorMap } from 'node:util';
import koffi from 'koffi';

// Functions of the C library that Node does not have. Only the processes that make networks load this module.

const library = koffi.load(null);

/** A system call that has failed. */
export class SystemCallError extends Error {
  /** `EPERM`, for instance. */
  readonly code: string;

  constructor(call: string, errno: number) {
    const [code, text] = getSystemErrorMap().get(-errno) ?? [`errno ${errno}`, 'unknown'];
    super(`${call}: ${text} (${code})`);
    this.code = code;
  }
}

type Num = number | bigint;
const raw = {
  unshare: library.func('int unshare(int)') as (flags: number) => number,
  setns: library.func('int setns(int, int)') as (fd: number, type: number) => number,
  sethostname: library.func('int sethostname(const char *, size_t)') as (
    name: string,
    length: number,
  ) => number,
  prctl: library.func('int prctl(int, unsigned long, unsigned long, unsigned long, unsigned long)') as (
    option: number,
    ...values: readonly number[]
  ) => number,
  mount: library.func('int mount(const char *, const char *, const char *, unsigned long, const char *)') as (
    source: string | null,
    target: string,
    type: string | null,
    flags: number,
    data: string | null,
  ) => number,
  socket: library.func('int socket(int, int, int)') as (
    domain: number,
    type: number,
    protocol: number,
  ) => number,
  bind: library.func('int bind(int, const uint8_t *, int)') as (
    fd: number,
    address: Uint8Array,
    length: number,
  ) => number,
  setsockopt: library.func('int setsockopt(int, int, int, const uint8_t *, int)') as (
    fd: number,
    level: number,
    name: number,
    value: Uint8Array,
    length: number,
  ) => number,
  getsockopt: library.func('int getsockopt(int, int, int, _Out_ uint8_t *, _Inout_ uint8_t *)') as (
    fd: number,
    level: number,
    name: number,
    value: Uint8Array,
    size: Uint8Array,
  ) => number,
  send: library.func('long send(int, const uint8_t *, size_t, int)') as (
    fd: number,
    data: Uint8Array,
    length: number,
    flags: number,
  ) => Num,
  recv: library.func('long recv(int, _Out_ uint8_t *, size_t, int)') as (
    fd: number,
    data: Uint8Array,
    length: number,
    flags: number,
  ) => Num,
  ioctl: library.func('int ioctl(int, unsigned long, _Inout_ uint8_t *)') as (
    fd: number,
    request: number,
    data: Uint8Array,
  ) => number,
};

/** @throws SystemCallError if the result is negative. */
function checked(call: string, result: Num): number {
  if (result < 0) throw new SystemCallError(call, koffi.errno());
  return Number(result);
}

/** Kinds of namespaces, as flags of clone(2). */
export const namespaceFlags = { mnt: 0x00020000, uts: 0x04000000, net: 0x40000000 } as const;

/** Moves the calling thread into new namespaces. @see unshare(2) */
export function unshare(flags: number): void {
  checked('unshare', raw.unshare(flags));
}

/** Moves the calling thread into a namespace. @see setns(2) */
export function setNamespace(fd: number, kind: keyof typeof namespaceFlags): void {
  checked(`setns (${kind})`, raw.setns(fd, namespaceFlags[kind]));
}

/** Sets the hostname of the thread's UTS namespace. */
export function setHostname(name: string): void {
  checked('sethostname', raw.sethostname(name, Buffer.byteLength(name)));
}

/** Mounts a file or folder over another one, in the thread's mount namespace. */
export function bindMount(source: string, target: string): void {
  const bind = 4096;
  checked(`mount ${target}`, raw.mount(source, target, null, bind, null));
}

/**
 * Removes a capability from the bounding set of the thread: programs that it starts do not have it.
 * @param number as in capabilities(7). @returns false if the kernel does not know it.
 */
export function dropFromBoundingSet(number: number): boolean {
  const [dropBounding, invalid] = [24, 22];
  if (raw.prctl(dropBounding, number, 0, 0, 0) === 0) return true;
  const errno = koffi.errno();
  if (errno === invalid) return false;
  throw new SystemCallError('prctl', errno);
}

/** Kills this process when the thread that started it ends. @see PR_SET_PDEATHSIG, prctl(2) */
export function endWithParent(): void {
  const [parentDeathSignal, kill] = [1, 9];
  checked('prctl', raw.prctl(parentDeathSignal, kill, 0, 0, 0));
}

/** Opens a socket, which child processes do not inherit. @see socket(2) */
export function openSocket(domain: number, type: number, protocol: number): number {
  const closeOnExec = 0o2000000;
  return checked('socket', raw.socket(domain, type | closeOnExec, protocol));
}

/** @see bind(2) */
export function bindSocket(fd: number, address: Uint8Array): void {
  checked('bind', raw.bind(fd, address, address.length));
}

/** Sets an integer option. @returns false if that is refused. */
export function setOption(fd: number, level: number, name: number, value: number): boolean {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return raw.setsockopt(fd, level, name, bytes, 4) === 0;
}

/** The value of an option. @param length its size in bytes. */
export function getOption(fd: number, level: number, name: number, length: number): Buffer {
  const value = Buffer.alloc(length);
  const size = Buffer.alloc(4);
  size.writeInt32LE(length);
  checked('getsockopt', raw.getsockopt(fd, level, name, value, size));
  return value;
}

/** @see send(2) */
export function sendTo(fd: number, data: Uint8Array): number {
  return checked('send', raw.send(fd, data, data.length, 0));
}

/** Waits for data. @returns its length. @see recv(2) */
export function receive(fd: number, into: Uint8Array): number {
  return checked('recv', raw.recv(fd, into, into.length, 0));
}

/** @see ioctl(2) */
export function ioctl(fd: number, request: number, data: Uint8Array): void {
  checked('ioctl', raw.ioctl(fd, request, data));
}
