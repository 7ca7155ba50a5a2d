import { describe, expect, it } from 'vitest';
import { Topic } from '../../../src/lib/topic.ts';

describe('Topic', () => {
  it('tells those who listen to all keys', () => {
    const topic = new Topic<string>();
    let told = 0;
    const all = topic.listenToAll(() => told++);
    topic.announce('a');
    topic.announce('b');
    expect([told, topic.size]).toEqual([2, 1]);
    all[Symbol.dispose]();
    topic.announce('a');
    expect([told, topic.size]).toEqual([2, 0]);
  });

  it('tells those who listen to the key, and nobody else', () => {
    const topic = new Topic<string>();
    const said: string[] = [];
    using _a = topic.listen('a', () => said.push('a'));
    using _b = topic.listen('b', () => said.push('b'));
    topic.announce('a');
    topic.announce('c');
    expect(said).toEqual(['a']);
  });

  it('tells nobody who has stopped listening, and forgets keys that nobody listens to', () => {
    const topic = new Topic<string>();
    const said: string[] = [];
    const first = topic.listen('a', () => said.push('first'));
    const second = topic.listen('a', () => said.push('second'));
    expect(topic.size).toBe(2);
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    topic.announce('a');
    second[Symbol.dispose]();
    topic.announce('a');
    expect(said).toEqual(['second']);
    expect(topic.size).toBe(0);
  });

  it('tells everyone even where one stops listening, or another begins to, meanwhile', () => {
    const topic = new Topic<string>();
    const said: string[] = [];
    const first = topic.listen('a', () => {
      said.push('first');
      first[Symbol.dispose]();
      topic.listen('a', () => said.push('late'));
    });
    topic.listen('a', () => said.push('second'));
    topic.announce('a');
    expect(said).toEqual(['first', 'second']);
  });

  it('keeps a listener that came after the last one had left', () => {
    const topic = new Topic<string>();
    const first = topic.listen('a', () => undefined);
    first[Symbol.dispose]();
    let told = 0;
    topic.listen('a', () => (told += 1));
    first[Symbol.dispose]();
    topic.announce('a');
    expect(told).toBe(1);
  });
});
