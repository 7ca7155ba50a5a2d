import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mendTransientFile } from '../../../../src/systemd/units/transient-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'transient-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('the file of a transient unit', () => {
  it('gets the names that systemd reads, with everything else where and as it was', () => {
    const file = join(folder, 'a.service');
    writeFileSync(file, '[Service]\nExecStartEx=\nExecStartEx=:+"/bin/sh" "ExecStartEx=ü"\nExecStopPostEx=\nNice=5\n');
    utimesSync(file, 1_700_000_000, 1_700_000_000.25);
    mendTransientFile('a.service', folder);
    expect(readFileSync(file, 'utf8')).toBe(
      '[Service]\nExecStart=  \nExecStart=  :+"/bin/sh" "ExecStartEx=ü"\nExecStopPost=  \nNice=5\n',
    );
    expect(statSync(file).mtimeMs).toBe(1_700_000_000_250);
  });

  it('is left alone where there is nothing to mend, and not made where there is none', () => {
    const file = join(folder, 'a.service');
    writeFileSync(file, 'ExecStart=/bin/true\nExecutionEx=\nDescription=ExecStartEx=\n');
    mendTransientFile('a.service', folder);
    expect(readFileSync(file, 'utf8')).toBe('ExecStart=/bin/true\nExecutionEx=\nDescription=ExecStartEx=\n');
    mendTransientFile('b.service', folder);
    expect(readdirSync(folder)).toEqual(['a.service']);
  });
});
