import { TenantEntity } from '@mt/runtime/typeorm';
import { Column, PrimaryGeneratedColumn, type ColumnOptions, type ColumnType } from 'typeorm';
import type { Part } from './part';

/** A type, with what is written and, where that is something else, what is read. */
type Sample = readonly [type: ColumnType, written: unknown, read?: unknown];

const POINT = { x: 1, y: 2 };
const CIRCLE = { x: 1, y: 2, radius: 3 };
const NOON = new Date('2026-02-03T12:00:00.000Z');

/** What PostgreSQL has without an extension: TypeORM's `supportedDataTypes`, in its order. */
const SAMPLES: readonly Sample[] = [
  ['int', 1],
  ['int2', 2],
  ['int4', 3],
  ['int8', '4'],
  ['smallint', 5],
  ['integer', 6],
  ['bigint', '9007199254740993'],
  ['decimal', '1.5'],
  ['numeric', '2.50'],
  ['real', 0.5],
  ['float', 0.25],
  ['float4', 1.5],
  ['float8', 2.5],
  ['double precision', 3.5],
  ['money', '$1,234.50'],
  ['character varying', 'a'],
  ['varchar', 'ä'],
  ['character', 'b'],
  ['char', 'c'],
  ['text', 'd'],
  ['bytea', Buffer.from([0, 255])],
  ['bit', '1'],
  ['varbit', '101'],
  ['bit varying', '0110'],
  ['timetz', '12:00:00+01'],
  ['timestamptz', NOON],
  ['timestamp', NOON],
  ['timestamp without time zone', NOON],
  ['timestamp with time zone', NOON],
  ['date', '2026-02-03'],
  ['time', '12:34:56'],
  ['time without time zone', '01:02:03'],
  ['time with time zone', '04:05:06+00'],
  ['interval', '1 day', expect.objectContaining({ days: 1 })],
  ['bool', true],
  ['boolean', false],
  ['point', POINT],
  ['line', '{1,2,3}'],
  ['lseg', '[(0,0),(1,1)]'],
  ['box', '(1,1),(0,0)'],
  ['path', '((0,0),(1,1))'],
  ['polygon', '((0,0),(1,1),(1,0))'],
  ['circle', CIRCLE],
  ['cidr', '10.0.0.0/8'],
  ['inet', '10.1.2.3'],
  ['macaddr', '08:00:2b:01:02:03'],
  ['macaddr8', '08:00:2b:01:02:03:04:05'],
  ['tsvector', "'cat' 'rat'"],
  ['tsquery', "'cat' & 'rat'"],
  ['uuid', '8c1d0b3e-4f7a-4b8e-9a6b-0d9c1f2e3a4b'],
  ['xml', '<a/>'],
  ['json', { a: [1, null] }],
  ['jsonb', { b: 'c' }],
  ['jsonpath', '$."a"'],
  ['int4range', '[1,5)'],
  ['int8range', '[1,5)'],
  ['numrange', '[1.5,2.5]'],
  ['tsrange', '["2026-01-01 00:00:00","2026-01-02 00:00:00")'],
  ['tstzrange', '["2026-01-01 00:00:00+00","2026-01-02 00:00:00+00")', expect.any(String)],
  ['daterange', '[2026-01-01,2026-01-05)'],
  ['int4multirange', '{[1,3),[5,7)}'],
  ['int8multirange', '{[1,3),[5,7)}'],
  ['nummultirange', '{[1.5,2.5]}'],
  ['tsmultirange', '{["2026-01-01 00:00:00","2026-01-02 00:00:00")}'],
  ['tstzmultirange', '{}'],
  ['datemultirange', '{[2026-01-01,2026-01-05)}'],
  ['simple-array', ['x', 'y']],
  ['simple-json', { z: 1 }],
  [String, 'string'],
  [Number, 7],
  [Boolean, true],
  [Date, NOON],
];

@TenantEntity('every_type')
class EveryType {
  @PrimaryGeneratedColumn('identity', { generatedIdentity: 'ALWAYS' })
  id!: number;
}

/** Not those that are a text to PostgreSQL, nor JSON, of which TypeORM cannot write an array. */
const ARRAYS = SAMPLES.filter(
  ([type]) => typeof type === 'string' && !/^(simple-|json$|jsonb$)/.test(type),
).map(([type, written]): Sample => [type, [asText(written)], expect.anything()]);

/** TypeORM writes `{ x, y }` as a point, but not within an array. */
function asText(value: unknown): unknown {
  if (value === POINT) return '(1,2)';
  return value === CIRCLE ? '<(1,2),3>' : value;
}

@TenantEntity('every_array')
class EveryArray {
  @PrimaryGeneratedColumn('identity', { generatedIdentity: 'ALWAYS' })
  id!: number;
}

function add(entity: typeof EveryType, samples: readonly Sample[], options: ColumnOptions = {}) {
  samples.forEach(([type], index) => {
    Column({ ...options, type: type as 'text' })(entity.prototype, `c${index}`);
  });
}

function row(samples: readonly Sample[], pick: (sample: Sample) => unknown): object {
  return Object.fromEntries(samples.map((sample, index) => [`c${index}`, pick(sample)]));
}

add(EveryType, SAMPLES);
add(EveryArray, ARRAYS, { array: true });

export const columnTypes: Part = {
  entities: [EveryType, EveryArray],
  async use(manager) {
    for (const [entity, samples] of [
      [EveryType, SAMPLES],
      [EveryArray, ARRAYS],
    ] as const) {
      await manager.insert(
        entity,
        row(samples, ([, written]) => written),
      );
      expect(await manager.find(entity)).toEqual([
        expect.objectContaining(row(samples, ([, written, read]) => read ?? written)),
      ]);
    }
  },
};
