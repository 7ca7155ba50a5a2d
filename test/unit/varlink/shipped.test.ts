import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkInterface, portabilityProblems, undocumented } from '../../../src/varlink/idl/check.ts';
import { parseInterface } from '../../../src/varlink/idl/parser.ts';

const SHIPPED = new URL('../../../varlink/', import.meta.url);
const files = readdirSync(SHIPPED).filter((file) => file.endsWith('.varlink'));

describe.each(files)('varlink/%s', (file) => {
  const text = readFileSync(new URL(file, SHIPPED), 'utf8');
  const tree = parseInterface(text);

  it('is called like its interface', () => {
    expect(file).toBe(`${tree.name}.varlink`);
  });

  it('makes sense, everywhere', () => {
    expect([...checkInterface(tree), ...portabilityProblems(tree)]).toEqual([]);
    expect(text).not.toMatch(/\r/u);
  });

  it('says what everything is', () => {
    expect(undocumented(tree)).toEqual([]);
  });
});
