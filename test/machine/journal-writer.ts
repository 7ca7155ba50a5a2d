/**
 * Runs a shell script whose stdout and stderr are journal streams that berth opened: IDENTIFIER SCRIPT [ARGUMENT…].
 * A program of its own because journald refuses streams from outside the machine's PID namespace.
 */
import { spawnSync } from 'node:child_process';
import { openJournalStream } from '../../src/journal/stream.ts';

const [identifier = '', script = '', ...rest] = process.argv.slice(2);
const unit = `${identifier}.service`;
using out = openJournalStream({ identifier, unit, priority: 6 });
using err = openJournalStream({ identifier, unit, priority: 3 });
spawnSync('sh', ['-c', script, 'sh', ...rest], { stdio: ['ignore', out.fd, err.fd] });
