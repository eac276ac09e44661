import { assert, constantFrom, integer, option, property, record } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { neededByMod, requestedByConfig } from '../../src/builders/go/requested-version.ts';
import {
  compareGo,
  goVersionIn,
  goVersionOfImage,
  isMeant,
  textOfGo,
} from '../../src/builders/go/version.ts';

const versions = record({
  minor: integer({ min: 0, max: 40 }),
  patch: option(integer({ min: 0, max: 20 }), { nil: undefined }),
  pre: constantFrom('', 'rc1', 'beta2'),
});

describe('a version of Go', () => {
  test('is the same once it is written and read back', () => {
    void assert(
      property(versions, constantFrom('', 'go'), (version, prefix) => {
        expect(goVersionIn(prefix + textOfGo(version))).toEqual(version);
        expect(isMeant(version, version)).toBe(true);
        expect(compareGo(version, version)).toBe(0);
      }),
    );
  });

  test('compares antisymmetrically with another', () => {
    void assert(
      property(versions, versions, (a, b) => {
        expect(Math.sign(compareGo(a, b)) + Math.sign(compareGo(b, a))).toBe(0);
      }),
    );
  });

  test.each([
    ['1.16-', { minor: 16, patch: undefined, pre: '' }],
    ['go1.16.15+x', { minor: 16, patch: 15, pre: '' }],
    [' 1.21rc2 linux/amd64', { minor: 21, patch: undefined, pre: 'rc2' }],
  ])('is read from %o, which begins with it', (text, version) => {
    expect(goVersionIn(text)).toEqual(version);
  });

  test.each(['', 'latest', '2.0', '1', 'go', '1.x', '1.16x', 'v1.16', '${GO_VERSION}'])(
    'is not read from %o, which does not begin with one',
    (text) => {
      expect(goVersionIn(text)).toBeUndefined();
    },
  );

  test.each([
    ['golang:1.16-buster', '1.16'],
    ['golang:1.14.4-buster', '1.14.4'],
    ['golang:1.20', '1.20'],
    ['golang:1.21rc2-alpine', '1.21rc2'],
    ['docker.io/library/golang:1.19.3-alpine3.16', '1.19.3'],
    ['localhost:5000/golang:1.18', '1.18'],
    ['golang:1.16-buster@sha256:0123', '1.16'],
    ['iptestground/builder:go1.15', '1.15'],
    ['iptestground/builder:v3-go1.16', '1.16'],
    ['golang', undefined],
    ['golang:latest', undefined],
    ['golang:alpine', undefined],
    ['localhost:5000/golang', undefined],
    ['node:16.1', undefined],
    ['busybox:1.31.1-glibc', undefined],
  ])('of the image %s is %s', (image, version) => {
    const found = goVersionOfImage(image);
    expect(found && textOfGo(found)).toBe(version);
  });
});

describe('the Go version that a plan requests', () => {
  const meant = (config: Record<string, string>, mod = 'module p\n') => {
    const found = requestedByConfig(config, [mod]);
    return found && `${textOfGo(found.version)} as ${found.says}`;
  };

  test('comes from go_version, else from the image, but is no earlier than the go line of go.mod or 1.14', () => {
    const image = 'golang:1.16-buster';
    expect(meant({})).toBeUndefined();
    expect(meant({ build_base_image: image })).toBe(`1.16 as build_base_image (${image}) says`);
    expect(meant({ build_base_image: image, go_version: '1.17.2' })).toBe('1.17.2 as go_version says');
    expect(meant({ build_base_image: 'busybox:1.31' })).toBeUndefined();
    expect(meant({ go_version: '1.16' }, 'module p\n\ngo 1.18\n')).toBe(
      '1.18 as the go line of go.mod says (go_version names the earlier 1.16)',
    );
    expect(meant({ go_version: '1.16' }, 'module p\n\ngo 1.14\n')).toBe('1.16 as go_version says');
    expect(meant({ go_version: '1.13' })).toBe(
      '1.14 as the oldest that tg builds with (go_version names 1.13)',
    );
  });

  test('is at least the later one of the go and toolchain lines', () => {
    const needed = (mod: string) => {
      const found = neededByMod(mod);
      return found && textOfGo(found.version);
    };
    expect(needed('module p\n')).toBeUndefined();
    expect(needed('module p\n\ngo 1.21.3\n\ntoolchain go1.22.1\n')).toBe('1.22.1');
    expect(needed('module p\n\ngo 1.23.0\n\ntoolchain go1.22.1\n')).toBe('1.23.0');
    expect(needed('module p\n\ngo 1.23 // so it is\n\ntoolchain default\n')).toBe('1.23');
  });
});
