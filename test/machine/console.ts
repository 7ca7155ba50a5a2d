/** What a booting machine shows on its console. */
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { stripVTControlCharacters } from 'node:util';

/** Shown when nothing is left to start, with the state systemd gives (see roots.ts). */
const READY = /berth-test: (\S+)/; // no word boundary before it: what systemd resets the terminal with may end in a letter
const KEPT_LINES = 2000;

/**
 * Reads what a child shows on both streams.
 * @param ready is told each time the machine is up
 * @returns the last lines, which grow
 */
export function readConsole(child: ChildProcess, ready: (state: string) => void): readonly string[] {
  const console: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on('line', (line) => {
      const text = stripVTControlCharacters(line).replaceAll('\r', '').trimEnd();
      if (text !== '' && console.push(text) > KEPT_LINES) console.shift();
      const state = READY.exec(text)?.[1];
      if (state !== undefined) ready(state);
    });
  }
  return console;
}
