import { describe, expect, it } from 'vitest';
import { manual } from '../../../packaging/manual.ts';
import { COMMANDS } from '../../../src/cli/commands.ts';

describe('berth(1)', () => {
  it('has every command with every option', async () => {
    const page = await manual('1.2.3');
    expect(page).toContain('.TH BERTH 1 "" "berth 1.2.3"');
    for (const [name, { load }] of Object.entries(COMMANDS)) {
      expect(page).toContain(`\n.SS berth ${name}\n`);
      for (const option of Object.keys((await load()).topic.options)) {
        expect(page).toContain(`\\-\\-${option.replaceAll('-', String.raw`\-`)}`);
      }
    }
  });
  it('has no line that roff would take for a request', async () => {
    const requests = (await manual('1')).split('\n').filter((line) => /^[.']/u.test(line));
    for (const request of requests) expect(request).toMatch(/^\.(?:TH|SH|SS|PP|TP|B|BI|BR|RI)\b/u);
  });
});
