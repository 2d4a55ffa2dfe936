import { median } from '../support/interleave.mjs';

/** Puts the steps of each contestant and tenant count together, ours in front. */
export function resultsOf(steps) {
  const groups = new Map();
  for (const step of steps.flatMap(([theirs, ours]) => [ours, withRatio(theirs, ours)])) {
    const name = `${step.contestant.name}.${step.count}`;
    groups.set(name, [...(groups.get(name) ?? []), step]);
  }
  return Array.from(groups, ([name, group]) => resultOf(name, group)).toSorted(
    (one, other) => one.tenants - other.tenants || rank(one) - rank(other),
  );
}

const rank = ({ ratios }) => (ratios ? 1 : 0);
const withRatio = (theirs, ours) => ({ ...theirs, ratio: theirs.rate / ours.rate });

function resultOf(name, steps) {
  const [{ contestant, count }] = steps;
  const samples = steps.map(({ rate }) => Math.round(rate));
  const ratios = contestant.comparedWith && steps.map(({ ratio }) => rounded(ratio));
  const errors = sumUp(steps.map((step) => step.errors));
  return {
    name,
    contestant: contestant.name,
    tenants: count,
    value: Math.round(median(samples)),
    unit: 'reads/s',
    samples,
    ...(ratios && { ratio: median(ratios), ratioTo: contestant.comparedWith, ratios }),
    correct: sum(steps, 'correct'),
    failed: sum(steps, 'failed'),
    wrongRows: sum(steps, 'wrongRows'),
    connections: Math.max(...steps.map(({ connections }) => connections)),
    firstError: Object.keys(errors)[0],
    errors,
  };
}

function sumUp(counts) {
  const total = {};
  for (const [key, count] of counts.flatMap(Object.entries)) {
    total[key] = (total[key] ?? 0) + count;
  }
  return total;
}

const sum = (steps, key) => steps.reduce((total, step) => total + step[key], 0);
const rounded = (value) => Math.round(value * 1_000) / 1_000;
