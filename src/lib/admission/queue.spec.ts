import fc from 'fast-check';
import { Queue, type Queued } from './queue.js';

class Item implements Queued<Item> {
  queue: Queue<Item> | undefined;
  before: Item | undefined;
  after: Item | undefined;
}

const step = fc.record({ adds: fc.boolean(), item: fc.nat(7), queue: fc.nat(1) });

it('does what a list does, whatever comes, goes and moves to another one', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const items = Array.from({ length: 8 }, () => new Item());
      const queues = [new Queue<Item>(), new Queue<Item>()] as const;
      const lists: Item[][] = [[], []];
      for (const { adds, item: index, queue } of steps) {
        const item = items[index] as Item;
        const own = queues[queue as 0 | 1];
        if (adds) {
          own.add(item);
          for (const [number, list] of lists.entries()) {
            lists[number] = list.filter((other) => other !== item);
          }
          lists[queue]?.push(item);
        } else {
          expect(own.remove(item)).toBe(lists[queue]?.includes(item));
          lists[queue] = lists[queue]?.filter((other) => other !== item) ?? [];
        }
        for (const [number, list] of lists.entries()) {
          const other = queues[number as 0 | 1];
          expect([...other]).toEqual(list);
          expect(other.first).toBe(list[0]);
          expect(other.size).toBe(list.length);
        }
      }
    }),
  );
});

it('goes through all that were in it, also where they leave meanwhile', () => {
  const queue = new Queue<Item>();
  const items = Array.from({ length: 3 }, () => new Item());
  for (const item of items) queue.add(item);
  const seen: Item[] = [];
  for (const item of queue) {
    queue.remove(item);
    seen.push(item);
  }
  expect(seen).toEqual(items);
});
