import { Duplex, PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { Attachment } from '../../../src/stream/attachment.ts';
import { Channel, type ChannelOptions } from '../../../src/stream/channel.ts';
import { encodeFrame, FrameReader } from '../../../src/stream/frames.ts';

function aChannel(options: Partial<ChannelOptions> = {}) {
  const up = new PassThrough();
  const down = new PassThrough();
  const stream = Duplex.from({ readable: up, writable: down });
  const channel = new Channel(stream, { form: 'framed', detachKeys: Buffer.alloc(0), ...options });
  const heard: unknown[] = [];
  const reading = channel.read({
    input: (bytes) => void heard.push(bytes.toString()),
    inputEnd: () => heard.push('end'),
    resize: (size) => heard.push(size),
  });
  const said = async (): Promise<Buffer> => Buffer.concat(await down.toArray());
  return { up, channel, heard, reading, said };
}

describe('a channel', () => {
  it('hands input, its end and sizes on, and goes on after the end', async () => {
    const { up, channel, heard, reading, said } = aChannel();
    up.write(encodeFrame('stdin', Buffer.from('one')));
    up.write(encodeFrame('control', Buffer.from('{"type":"resize","columns":80,"rows":24}')));
    up.write(encodeFrame('stdin', Buffer.alloc(0)));
    up.end();
    await reading;
    channel.write('stderr', Buffer.from('late'));
    channel.exit({ exitCode: 3 });
    expect(heard).toEqual(['one', { columns: 80, rows: 24 }, 'end']);
    const frames = new FrameReader().push(await said());
    expect(frames.map(({ stream, payload }) => [stream, payload.toString()])).toEqual([
      ['stderr', 'late'],
      ['control', '{"type":"exit","exitCode":3}'],
    ]);
  });

  it('ends with text that every peer can read', async () => {
    const { channel, said } = aChannel();
    const parameters = { 'n\0': ['\0', '\\\0', 'a\ud83d', '\ude00b', String.raw`\u0000`, '\u{1f600}'] };
    channel.fail('io.berth.Container.RuntimeFailed', parameters);
    const [frame] = new FrameReader().push(await said());
    const text = frame?.payload.toString() ?? '';
    expect(text.replaceAll('\\\\', '')).not.toMatch(/\\u(0000|d[89a-f])/);
    expect(JSON.parse(text)).toMatchObject({
      parameters: { 'n\ufffd': ['\ufffd', '\\\ufffd', 'a\ufffd', '\ufffdb', String.raw`\u0000`, '\u{1f600}'] },
    });
  });

  it('is nothing but bytes when raw, without standard error', async () => {
    const { up, channel, heard, reading, said } = aChannel({ form: 'raw' });
    up.end('typed');
    await reading;
    channel.write('stdout', Buffer.from('out'));
    channel.write('stderr', Buffer.from('err'));
    channel.exit({ exitCode: 0 });
    expect(heard).toEqual(['typed', 'end']);
    expect((await said()).toString()).toBe('out');
  });

  it('says when its client typed the keys, and what it typed before', async () => {
    const { up, channel, heard } = aChannel({ form: 'raw', detachKeys: Buffer.from('xy') });
    up.write('ax');
    up.write('y');
    expect(await channel.departed).toBe('detached');
    expect(heard).toEqual(['a']);
  });

  it.each([
    ['{"type":"resize","columns":0,"rows":1}'],
    ['{"type":"resize","columns":80,"rows":24,"more":1}'],
    ['{"type":"exit"}'],
    ['nonsense'],
  ])('is over when its client says %s', async (text) => {
    const { up, channel } = aChannel();
    up.write(encodeFrame('control', Buffer.from(text)));
    expect(await channel.departed).toMatchObject({ name: 'BadFrame', parameter: 'control' });
  });
});

describe('an attachment', () => {
  it('holds what is said until its client is there, and leaves out what was not asked for', async () => {
    const attachment = new Attachment(['stdout']);
    attachment.output('stdout', Buffer.from('early '));
    attachment.output('stderr', Buffer.from('unwanted'));
    expect(attachment.pending).toBe(6);
    const { channel, said } = aChannel({ form: 'raw' });
    attachment.connect(channel);
    attachment.output('stdout', Buffer.from('late'));
    channel.exit({});
    expect((await said()).toString()).toBe('early late');
  });
});
