import * as fc from 'fast-check';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { tmpdir } from 'node:os';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { emitInterface } from '../../../src/varlink/codegen/emit.ts';
import { docComment, kebabCase, pascalName, templateLiteral, typeText } from '../../../src/varlink/codegen/print.ts';
import { parseInterface } from '../../../src/varlink/idl/parser.ts';
import { CERTIFICATION, HARBOUR, SERVICE } from './corpus.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const MAIN = resolve(ROOT, 'src/varlink/codegen/main.ts');

const emit = (text: string): string => {
  const tree = parseInterface(text);
  return emitInterface({ tree, text, path: `interfaces/${tree.name}.varlink`, library: '../../../../src/varlink' });
};

describe('emitInterface', () => {
  // The files of generated/ are compiled with all the tests, and used by binding.test.ts: they prove that the output is sound.
  // `vitest run -u` rewrites them.
  it.each([HARBOUR, CERTIFICATION, SERVICE])('gives what is kept in generated/', async (text) => {
    const file = `generated/${kebabCase(parseInterface(text).name)}.ts`;
    await expect(emit(text)).toMatchFileSnapshot(file);
  });

  it('refuses two things of one name', () => {
    const cases = [
      ['type StartInput (a: int) method Start() -> ()', 'StartInput'],
      ['type Promise (a: int) method Start() -> ()', 'Promise'],
      ['type BClient (a: int) method Start() -> ()', 'BClient'],
      ["# [Supports 'more' flag]\nmethod Find() -> ()\nmethod FindMore() -> ()", 'findMore'],
      ['method Constructor() -> ()', 'constructor'],
    ] as const;
    for (const [members, name] of cases) {
      expect(() => emit(`interface a.b\n${members}`)).toThrow(
        `a.b: the generated code would have two things called '${name}'`,
      );
    }
  });

  it('needs no client for types alone', () => {
    expect(emit('interface a.b type T (a: int)')).not.toMatch(/binding|Client|Error/u);
  });
});

describe('print', () => {
  it.each([
    ['io.berth.Container', 'io-berth-container'],
    ['io.systemd.MachineInstance', 'io-systemd-machine-instance'],
    ['org.example-harbour.Harbour2', 'org-example-harbour-harbour2'],
    ['org.varlink.service', 'org-varlink-service'],
  ])('%s is generated into %s', (name, file) => {
    expect(kebabCase(name)).toBe(file);
  });

  it.each([
    ['io.berth.Container', 'Container'],
    ['org.example.foo-bar', 'FooBar'],
    ['org.example.2', 'Interface2'],
  ])('%s is called %s', (name, pascal) => {
    expect(pascalName(name)).toBe(pascal);
  });

  it.each([
    ['?[]string', 'readonly string[] | null'],
    ['[]?string', 'readonly (string | null)[]'],
    ['[][]int', 'readonly (readonly number[])[]'],
    ['[](a, b)', "readonly ('a' | 'b')[]"],
    ['?(a, b)', "'a' | 'b' | null"],
    ['[string]()', '{ readonly [key: string]: { readonly [member: string]: never } }'],
    ['?object', 'varlink.JsonObject | null'],
    ['[]any', 'readonly NonNullable<varlink.Json>[]'],
  ])('%s is %s', (type, text) => {
    const [member] = parseInterface(`interface a.b error E (x: []${type})`).members;
    const array = member?.kind === 'error' ? member.parameters.fields[0]?.type : undefined;
    if (array?.kind !== 'array') throw new Error('no array');
    expect(typeText(array.element)).toBe(text);
  });

  it('ends a comment only where it ends', () => {
    expect(docComment(['a */ b', "[Requires 'more' flag]"], '  ')).toBe('  /** a *\\/ b */\n');
    expect(docComment(['a', '', '  b'])).toBe('/**\n * a\n *\n *   b\n */\n');
    expect(docComment(["[Requires 'more' flag]"])).toBe('');
  });

  it('quotes any text', () => {
    const awkward = fc.string({
      unit: fc.oneof(fc.constantFrom('`', '$', '{', '\\', '\r', '\n', 'u', '\u2028'), fc.string()),
    });
    fc.assert(
      fc.property(awkward, (text) => {
        expect(runInNewContext(templateLiteral(text))).toBe(text);
      }),
    );
  });
});

describe('main.ts', () => {
  let folder: string;
  const file = (...names: string[]): string => join(folder, ...names);
  const run = (...flags: string[]): { status: number | null; stderr: string } =>
    spawnSync(process.execPath, [MAIN, 'in', 'out', ...flags], { cwd: folder, encoding: 'utf8' });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'berth-codegen-'));
    execFileSync('mkdir', [file('in')]);
    writeFileSync(file('in', 'org.varlink.service.varlink'), SERVICE);
    writeFileSync(file('in', 'a.b.C.varlink'), 'interface a.b.C');
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('writes every interface, and finds all well afterwards', () => {
    expect(run()).toMatchObject({ status: 0, stderr: '' });
    expect(readdirSync(file('out'))).toEqual(['a-b-c.ts', 'org-varlink-service.ts']);
    expect(readFileSync(file('out', 'a-b-c.ts'), 'utf8')).toMatch(
      /^\/\/ Generated by src\/varlink\/codegen from in\/a\.b\.C\.varlink; do not edit\.\n/u,
    );
    expect(run('--check')).toMatchObject({ status: 0, stderr: '' });
  });

  it('names what is stale, missing or stray, and touches nothing', () => {
    run();
    writeFileSync(file('in', 'a.b.C.varlink'), '# More.\ninterface a.b.C');
    writeFileSync(file('in', 'a.b.D.varlink'), 'interface a.b.D');
    writeFileSync(file('out', 'mine.ts'), '');
    const { status, stderr } = run('--check');
    expect(status).toBe(1);
    expect(stderr.split('\n')).toEqual([
      'out/a-b-c.ts is stale',
      'out/a-b-d.ts is missing',
      'out/mine.ts belongs to no interface',
      '',
    ]);
    expect(readdirSync(file('out'))).toEqual(['a-b-c.ts', 'mine.ts', 'org-varlink-service.ts']);
  });

  it('removes what it wrote for an interface that is gone, and nothing of others', () => {
    run();
    rmSync(file('in', 'a.b.C.varlink'));
    writeFileSync(file('out', 'mine.ts'), '');
    expect(run().status).toBe(0);
    expect(readdirSync(file('out'))).toEqual(['mine.ts', 'org-varlink-service.ts']);
  });

  it.each([
    ['interface a.b.C\ntype', 'in/a.b.C.varlink: 2:5: expected a name that begins with a capital, found the end\n'],
    ['interface a.b.C error E (x: T)', "in/a.b.C.varlink: E.x: the type 'T' is not defined\n"],
    ['interface a.b.D', 'in/a.b.C.varlink: the file should be called a.b.D.varlink\n'],
  ])('says what is wrong with %j', (text, message) => {
    writeFileSync(file('in', 'a.b.C.varlink'), text);
    expect(run()).toMatchObject({ status: 2, stderr: message });
  });
});
