/** What berth needs of the C library itself, through koffi. Import this file dynamically: loading koffi costs 20 ms. */
import koffi from 'koffi';

const trimOf: (keep: number) => number = koffi.load('libc.so.6').func('int malloc_trim(size_t pad)');

/** malloc_trim(3): gives every free page of the heap back, also those in the middle of it. */
export function mallocTrim(): void {
  trimOf(0);
}
