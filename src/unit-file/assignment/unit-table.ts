/** systemd.unit(5) and systemd.kill(5). */
import { as, boolean, type Encoder, item, seconds, signal, string, table, u32, words } from './encoder.ts';
import { parseInteger } from './quantities.ts';

const actionExitStatus = as('i', (value) => (value === '' ? -1 : Number(parseInteger(value, 0n, 255n))));

/** `|` makes it one of several of which one must hold, `!` turns it round. */
const condition =
  (property: 'Conditions' | 'Asserts'): Encoder =>
  (value, name) =>
    item('(sbbs)', (text) => {
      const [, trigger = '', negate = '', parameter = ''] = /^(\|?)\s*(!?)\s*(.*)$/s.exec(text) ?? [];
      return [name, trigger !== '', negate !== '', parameter];
    })(value, property);

const TESTS =
  'Architecture Firmware Virtualization Host KernelCommandLine KernelVersion Version Credential Security Capability ' +
  'ACPower NeedsUpdate FirstBoot PathExists PathExistsGlob PathIsDirectory PathIsSymbolicLink PathIsMountPoint ' +
  'PathIsReadWrite PathIsEncrypted PathIsSocket DirectoryNotEmpty FileNotEmpty FileIsExecutable User Group ' +
  'ControlGroupController CPUs Memory Environment CPUFeature OSRelease MemoryPressure CPUPressure IOPressure KernelModuleLoaded';
const tests = (verb: string): string =>
  TESTS.split(' ')
    .map((test) => verb + test)
    .join(' ');

export const UNIT = table(
  ['Description SourcePath CollectMode', string],
  ['OnSuccessJobMode OnFailureJobMode', string],
  ['JobTimeoutAction JobTimeoutRebootArgument StartLimitAction FailureAction SuccessAction RebootArgument', string],
  ['StopWhenUnneeded RefuseManualStart RefuseManualStop AllowIsolate IgnoreOnIsolate', boolean],
  ['DefaultDependencies SurviveFinalKillSignal', boolean],
  ['JobTimeoutSec JobRunningTimeoutSec StartLimitIntervalSec', seconds],
  ['StartLimitBurst', u32],
  ['SuccessActionExitStatus FailureActionExitStatus', actionExitStatus],
  ['Requires Requisite Wants BindsTo PartOf Upholds Conflicts Before After OnSuccess OnFailure', words()],
  ['PropagatesReloadTo ReloadPropagatedFrom PropagatesStopTo StopPropagatedFrom JoinsNamespaceOf', words()],
  ['RequiresMountsFor WantsMountsFor Documentation Markers', words()],
  [tests('Condition'), condition('Conditions')],
  [tests('Assert'), condition('Asserts')],
);

export const KILL = table(
  ['KillMode', string],
  ['SendSIGHUP SendSIGKILL', boolean],
  ['KillSignal RestartKillSignal FinalKillSignal WatchdogSignal', signal],
);
