import { expect } from 'chai';

import { programOfEnv, scriptLineOf } from '../../../src/checks/start/script-line.ts';

describe('scriptLineOf', () => {
  const lines: [string, string | undefined, string?][] = [
    ['#!/bin/sh\necho', '/bin/sh'],
    ['#!/bin/sh', '/bin/sh'],
    ['#! \t/bin/sh \t\n', '/bin/sh'],
    ['#!/usr/bin/perl -w  -T \n', '/usr/bin/perl', '-w  -T'],
    ['#!/bin/sh\r\n', '/bin/sh\r'],
    ['#!relative\n', 'relative'],
    ['#!\n', undefined],
    ['#!   ', undefined],
    ['# !/bin/sh\n', undefined],
    ['', undefined],
    [`#!/${'x'.repeat(252)}\n`, `/${'x'.repeat(252)}`],
    [`#!/${'x'.repeat(300)}\n`, undefined],
    [`#!/bin/sh ${'x'.repeat(300)}\n`, '/bin/sh', 'x'.repeat(245)],
    ['#!/bin/sh\0rest\n', '/bin/sh'],
  ];
  for (const [head, interpreter, argument] of lines) {
    it(JSON.stringify(head.slice(0, 24)), () => {
      expect(scriptLineOf(head)).to.deep.equal(
        interpreter === undefined ? undefined : { interpreter, argument },
      );
    });
  }
});

describe('programOfEnv', () => {
  const cases: [string, string | undefined][] = [
    ['python3', 'python3'],
    ['-S python3 -u', 'python3'],
    ['-Sperl -w', 'perl'],
    ['--split-string=A=b deno run', 'deno'],
    ['A=b', undefined],
    // The kernel hands over one word: env looks for a program with a blank in its name.
    ['python3 -u', undefined],
    ['-i python3', undefined],
    ['-S -i python3', undefined],
    ['-S "python3"', undefined],
    ['-S ${HOME}/x', undefined],
    ['', undefined],
  ];
  for (const [argument, program] of cases) {
    it(JSON.stringify(argument), () => {
      expect(programOfEnv(argument)).to.equal(program);
    });
  }
});
