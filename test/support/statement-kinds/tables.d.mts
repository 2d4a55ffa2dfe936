import type { OwnedRow, Random } from './types.mjs';

type Owner = { readonly schema: string; readonly slug: string };

export const SEEDED: number;
export const TABLES: string;
export const OWNED: readonly string[];
export const UNDONE: string;
export function fillText(tenant: Owner): string;
export function nobodysText(): string;
export function strayText(tenant: Owner): string;
export function ticketRow(number: string | number, tenant: string): OwnedRow;
export function countRow(count: string | number, tenant: string, expected?: number): OwnedRow;
export function anyId(random: Random): number;
export class Undo extends Error {}
export function undone(work: Promise<unknown>): Promise<void>;
