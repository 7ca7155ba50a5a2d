/** `Limit…=` of systemd.exec(5): one value for both limits, or `SOFT:HARD`. */
import type { UnitProperty } from '../properties.ts';
import { table, type EncoderTable } from './encoder.ts';
import { INFINITY, parseInteger, parseSize, parseSpan, parseU64 } from './quantities.ts';

/** getpriority(2): RLIMIT_NICE counts 20 - nice; `+5` and `-5` are nice values, a bare number is the limit itself. */
function parseNice(text: string): bigint {
  return /^[+-]/.test(text) ? 20n - parseInteger(text, -20n, 19n) : parseInteger(text, 0n, 40n);
}

const SECOND_US = 1_000_000n;
const parseSeconds = (text: string): bigint => (parseSpan(text) + SECOND_US - 1n) / SECOND_US;
const parseMicroseconds = (text: string): bigint => parseSpan(text, { unit: 'us' });
const parseBytes = (text: string): bigint => parseSize(text, 1024n);

const rlimit =
  (parse: (text: string) => bigint) =>
  (value: string, name: string): UnitProperty[] => {
    const [soft = '', hard = soft] = value.split(':', 2);
    const [cur, max] = [soft, hard].map((text) => (text === 'infinity' ? INFINITY : parse(text)));
    return [
      { name, signature: 't', value: max },
      { name: `${name}Soft`, signature: 't', value: cur },
    ];
  };

export const RLIMITS: EncoderTable = table(
  ['LimitAS LimitCORE LimitDATA LimitFSIZE LimitMEMLOCK LimitMSGQUEUE LimitRSS LimitSTACK', rlimit(parseBytes)],
  ['LimitLOCKS LimitNOFILE LimitNPROC LimitRTPRIO LimitSIGPENDING', rlimit(parseU64)],
  ['LimitCPU', rlimit(parseSeconds)],
  ['LimitRTTIME', rlimit(parseMicroseconds)],
  ['LimitNICE', rlimit(parseNice)],
);
