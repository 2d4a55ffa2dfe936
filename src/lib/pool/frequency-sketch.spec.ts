import { FrequencySketch } from './frequency-sketch.js';

it('counts uses, each of its own', () => {
  const sketch = new FrequencySketch(100);
  expect([1, 2, 3].map(() => sketch.use(7))).toEqual([1, 2, 3]);
  expect(sketch.use(8)).toBe(1);
  expect(sketch.estimate(7)).toBe(3);
  expect(sketch.estimate(9)).toBe(0);
});

it('forgets by halves', () => {
  const sketch = new FrequencySketch(10);
  for (let n = 0; n < 100; n++) sketch.use(1);
  const before = sketch.estimate(1);
  for (let n = 0; n < 400; n++) sketch.use(1_000 + n);
  expect(sketch.estimate(1)).toBeLessThan(before / 2);
});

it('never counts too little, and seldom too much', () => {
  const sketch = new FrequencySketch(500);
  for (let hash = 0; hash < 500; hash++)
    for (let n = 0; n < 4; n++) sketch.use(hash * 2_654_435_761);
  const counts = Array.from({ length: 500 }, (_, hash) => sketch.estimate(hash * 2_654_435_761));
  expect(Math.min(...counts)).toBeGreaterThanOrEqual(4);
  expect(counts.filter((count) => count > 4).length).toBeLessThan(25);
});
