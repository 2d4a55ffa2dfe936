import { TenantEntity } from '@mt/runtime/typeorm';
import { Column, PrimaryGeneratedColumn } from 'typeorm';
import type { Part } from './part';

enum Level {
  Low = 1,
  High = 2,
}

@TenantEntity('every_default')
class EveryDefault {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ default: 'plain' })
  text!: string;

  @Column({ default: "it''s" })
  quote!: string;

  @Column({ default: '' })
  empty!: string;

  @Column({ default: 'UPPER lower' })
  cased!: string;

  @Column({ type: 'int', default: 5 })
  int!: number;

  @Column({ type: 'int', default: -5 })
  negative!: number;

  @Column({ type: 'bigint', default: '9007199254740993' })
  big!: string;

  @Column({ type: 'numeric', precision: 5, scale: 2, default: 1.5 })
  numeric!: string;

  @Column({ type: 'numeric', default: 0 })
  zero!: string;

  @Column({ type: 'real', default: 0.5 })
  real!: number;

  @Column({ type: 'double precision', default: 1.25 })
  double!: number;

  @Column({ default: true })
  yes!: boolean;

  @Column({ type: 'bool', default: false })
  no!: boolean;

  @Column({ type: 'date', default: '2026-01-02' })
  date!: string;

  @Column({ type: 'date', default: () => 'CURRENT_DATE' })
  today!: string;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  now!: Date;

  @Column({ type: 'timestamptz', default: () => 'CURRENT_TIMESTAMP' })
  current!: Date;

  @Column({ type: 'timestamptz', precision: 3, default: () => 'CURRENT_TIMESTAMP(3)' })
  currentExact!: Date;

  @Column({ type: 'timestamp', default: () => 'LOCALTIMESTAMP' })
  local!: Date;

  @Column({ type: 'time', default: () => 'LOCALTIME' })
  localTime!: string;

  @Column({ type: 'timestamptz', default: () => "now() + interval '1 day'" })
  tomorrow!: Date;

  @Column({ type: 'timestamptz', default: () => "CURRENT_TIMESTAMP + '1 day'::interval" })
  tomorrowToo!: Date;

  @Column({ type: 'interval', default: '1 day' })
  interval!: object;

  @Column({ type: 'uuid', default: () => 'gen_random_uuid()' })
  uuid!: string;

  @Column({ type: 'text', default: () => "upper('abc')" })
  call!: string;

  @Column({ type: 'text', default: () => "'a' || 'b'" })
  expression!: string;

  @Column({ type: 'jsonb', default: { a: 1, b: ["it's"] } })
  jsonb!: object;

  @Column({ type: 'json', default: [] })
  json!: object;

  @Column({ type: 'jsonb', default: () => "'{}'" })
  jsonbCall!: object;

  @Column({ type: 'text', array: true, default: [] })
  emptyArray!: string[];

  @Column({ type: 'text', array: true, default: ['a', 'b'] })
  array!: string[];

  @Column({ type: 'int', array: true, default: () => "'{1,2}'" })
  ints!: number[];

  @Column({ type: 'simple-array', default: 'x,y' })
  simple!: string[];

  @Column({ type: 'enum', enum: Level, default: Level.Low })
  level!: Level;

  @Column({ type: 'point', default: '(1,2)' })
  point!: object;

  @Column({ type: 'inet', default: '127.0.0.1' })
  inet!: string;

  @Column({ type: 'bytea', default: '\\x00' })
  bytea!: Buffer;

  @Column({ type: 'bit', length: 3, default: () => "B'101'" })
  bits!: string;

  @Column({ type: 'int4range', default: '[1,5)' })
  range!: string;

  @Column({ type: 'money', default: 0 })
  money!: string;

  @Column({ type: 'char', length: 3, default: 'abc' })
  char!: string;

  @Column({ type: 'text', nullable: true, default: null })
  nothing!: string | null;

  @Column({ type: 'text', nullable: true, default: () => 'NULL' })
  nil!: string | null;

  @Column({ type: 'text', default: () => 'current_user' })
  who!: string;
}

export const defaults: Part = {
  entities: [EveryDefault],
  async use(manager) {
    await manager.insert(EveryDefault, {});
    expect(await manager.find(EveryDefault)).toEqual([
      expect.objectContaining({
        text: 'plain',
        quote: "it's",
        empty: '',
        cased: 'UPPER lower',
        int: 5,
        negative: -5,
        big: '9007199254740993',
        numeric: '1.50',
        double: 1.25,
        yes: true,
        no: false,
        date: '2026-01-02',
        jsonb: { a: 1, b: ["it's"] },
        json: [],
        emptyArray: [],
        array: ['a', 'b'],
        ints: [1, 2],
        simple: ['x', 'y'],
        level: Level.Low,
        bits: '101',
        call: 'ABC',
        expression: 'ab',
        nothing: null,
      }),
    ]);
  },
};
