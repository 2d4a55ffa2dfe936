export interface Random {
  /** From 0 up to, but not including, 1. */
  next(): number;
  /** A whole number below `limit`. */
  below(limit: number): number;
  between(least: number, most: number): number;
  chance(probability: number): boolean;
  pick<T>(list: readonly T[]): T;
}

/** Numbers that look random, and are the same for the same seed. */
export function randomFrom(seed: number): Random;
