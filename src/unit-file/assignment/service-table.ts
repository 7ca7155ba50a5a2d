/** systemd.service(5). */
import { basename } from 'node:path';
import type { ExecFlag } from '../properties.ts';
import { boolean, type Encoder, item, renamed, seconds, signal, string, table, u32, as } from './encoder.ts';
import { exitStatusOf, isSignal, known, parseSignal } from './names.ts';
import { Unparsable } from './unparsable.ts';
import { splitWords, WordScanner } from './words.ts';

const PREFIXES: Readonly<Record<string, ExecFlag>> = {
  '-': 'ignore-failure',
  ':': 'no-env-expand',
  '+': 'privileged',
  '!': 'no-setuid',
  '!!': 'ambient',
};
/** In the order of systemd's `OpenFileFlag`. */
const OPEN_FILE_FLAGS = { 'read-only': 1, append: 2, truncate: 4, graceful: 8 };

/** A command line with its prefixes; always as the `…Ex` property, which systemd has since 243. */
const command: Encoder = (value, name) => {
  const [, prefix = '', line = ''] = /^([-@:+!]*)(.*)$/s.exec(value.trim()) ?? [];
  const signs: readonly string[] = prefix.match(/!!|./g) ?? [];
  const flags = signs.filter((sign) => sign !== '@').map((sign) => PREFIXES[sign]);
  if (new Set(signs).size < signs.length) throw new Unparsable('a prefix twice');
  if (flags.filter((flag) => flag !== 'ignore-failure' && flag !== 'no-env-expand').length > 1)
    throw new Unparsable('prefixes that exclude one another');
  const scanner = new WordScanner(line);
  const path = scanner.next({ escapes: 'c' });
  const rest = splitWords(scanner.rest ?? '', { escapes: 'c' });
  if (path !== undefined && signs.includes('@') && rest.length === 0)
    throw new Unparsable('@ needs a path and an argv[0]');
  const argv = signs.includes('@') ? rest : [path, ...rest];
  return [
    {
      name: name.replace(/(Ex)?$/, 'Ex'),
      signature: 'a(sasas)',
      value: path === undefined ? [] : [[path, argv, flags]],
    },
  ];
};

/** Exit codes and signals; a number is an exit code. */
const exitStatusSet = as('(aiai)', (value) => {
  const words = splitWords(value);
  const codes = words.map(exitStatusOf).filter((code) => code !== undefined);
  const signals = words.filter((word) => exitStatusOf(word) === undefined);
  const unknown = signals.find((word) => !isSignal(word));
  if (unknown !== undefined) throw new Unparsable(`neither an exit status nor a signal: ${unknown}`);
  return [codes, signals.map(parseSignal)];
});

/** `PATH[:NAME[:OPTION,…]]` */
const openFile = item('(sst)', (value) => {
  const [path = '', name = '', options = '', ...more] = value.split(':');
  if (path === '' || more.length > 0) throw new Unparsable('not PATH[:NAME[:OPTIONS]]');
  const flags = options
    .split(',')
    .filter((option) => option !== '')
    .map((option) => known('option', OPEN_FILE_FLAGS, option));
  return [path, name === '' ? basename(path) : name, BigInt(flags.reduce((mask, flag) => mask | flag, 0))];
});

const timeout: Encoder = (value) => [...seconds(value, 'TimeoutStartSec'), ...seconds(value, 'TimeoutStopSec')];

export const SERVICE = table(
  ['PIDFile Type ExitType Restart RestartMode BusName NotifyAccess USBFunctionDescriptors USBFunctionStrings', string],
  ['OOMPolicy TimeoutStartFailureMode TimeoutStopFailureMode FileDescriptorStorePreserve', string],
  ['RootDirectoryStartOnly RemainAfterExit GuessMainPID', boolean],
  ['RestartSec RestartMaxDelaySec TimeoutStartSec TimeoutStopSec TimeoutAbortSec RuntimeMaxSec', seconds],
  ['RuntimeRandomizedExtraSec WatchdogSec', seconds],
  ['TimeoutSec', timeout],
  ['FileDescriptorStoreMax RestartSteps', u32],
  ['ReloadSignal', signal],
  ['ExecCondition ExecStartPre ExecStart ExecStartPost ExecReload ExecStop ExecStopPost', command],
  ['ExecConditionEx ExecStartPreEx ExecStartEx ExecStartPostEx ExecReloadEx ExecStopEx ExecStopPostEx', command],
  ['RestartPreventExitStatus RestartForceExitStatus SuccessExitStatus', exitStatusSet],
  ['OpenFile', renamed('OpenFile', openFile)],
);
