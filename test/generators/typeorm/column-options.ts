import { TenantEntity } from '@mt/runtime/typeorm';
import {
  Column,
  CreateDateColumn,
  DeleteDateColumn,
  Generated,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  UpdateDateColumn,
  VersionColumn,
  VirtualColumn,
} from 'typeorm';
import type { Part } from './part';

class Address {
  @Column({ default: '' })
  street!: string;

  @Column({ type: 'varchar', length: 10, nullable: true, name: 'zip_code' })
  zip!: string | null;
}

@TenantEntity('every_option', { comment: "What every tenant's rows have" })
class EveryOption {
  @PrimaryGeneratedColumn('uuid', { comment: 'The key', primaryKeyConstraintName: 'every_key' })
  id!: string;

  @Column({ length: 20, unique: true })
  code!: string;

  @Column({ type: 'varchar', length: '5', name: 'short_name', comment: "It's short" })
  short!: string;

  @Column({ type: 'char', length: 1 })
  letter!: string;

  @Column({ type: 'char', length: 4 })
  letters!: string;

  @Column({ type: 'bit', length: 3 })
  bits!: string;

  @Column({ type: 'varchar', length: 3, array: true })
  tags!: string[];

  @Column({ type: 'numeric', precision: 10, scale: 2 })
  price!: string;

  @Column({ type: 'numeric', precision: 5 })
  whole!: string;

  @Column({ type: 'numeric', precision: 5, scale: 0 })
  none!: string;

  @Column({ type: 'numeric', precision: 6, scale: 3, array: true })
  prices!: string[];

  @Column({ type: 'timestamptz', precision: 3 })
  exact!: Date;

  @Column({ type: 'timestamp', precision: 6 })
  exacter!: Date;

  @Column({ type: 'time', precision: 0 })
  clock!: string;

  @Column({ type: 'interval', precision: 3, nullable: true })
  span!: object | null;

  @Column({ type: 'text', collation: 'C' })
  sorted!: string;

  @Column({ type: 'varchar', length: 9, collation: 'C', nullable: true })
  sortedToo!: string | null;

  @Column({ type: 'int', nullable: true, select: false })
  hidden!: number | null;

  @Column({ type: 'int', nullable: true, insert: false, update: false })
  fixed!: number | null;

  @Column({
    type: 'text',
    transformer: {
      to: (list: string[]) => list.join('|'),
      from: (text: string) => text.split('|'),
    },
  })
  list!: string[];

  @Column({ type: 'date', utc: true })
  day!: string;

  @Column(() => Address)
  home!: Address;

  @Column(() => Address, { prefix: 'office' })
  work!: Address;

  @Column(() => Address, { prefix: false, array: false })
  bare!: Address;

  @VirtualColumn({ query: (alias) => `select length(${alias}.code)` })
  length!: number;

  @CreateDateColumn({ type: 'timestamptz', precision: 3 })
  created!: Date;

  @UpdateDateColumn()
  updated!: Date;

  @DeleteDateColumn({ name: 'deleted_at' })
  deleted!: Date | null;

  @VersionColumn()
  version!: number;
}

@TenantEntity('serial_keys')
class SerialKey {
  @PrimaryGeneratedColumn({ type: 'bigint' })
  id!: string;

  @Column()
  @Generated('uuid')
  token!: string;

  @Column({ type: 'int' })
  @Generated('increment')
  number!: number;
}

@TenantEntity('small_keys')
class SmallKey {
  @PrimaryGeneratedColumn('increment', { type: 'smallint', name: 'key_id' })
  id!: number;
}

@TenantEntity('by_default_keys')
class ByDefaultKey {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'BY DEFAULT' })
  id!: string;
}

@TenantEntity('rowid_keys')
class ComposedKey {
  @PrimaryColumn({ length: 8, primaryKeyConstraintName: 'composed_key' })
  region!: string;

  @PrimaryColumn({ type: 'int', primaryKeyConstraintName: 'composed_key' })
  number!: number;

  @Column({ nullable: true, type: 'text' })
  note!: string | null;
}

@TenantEntity('uuid_tokens')
class UuidToken {
  @PrimaryColumn({ type: 'uuid' })
  @Generated('uuid')
  id!: string;
}

export const columnOptions: Part = {
  entities: [EveryOption, SerialKey, SmallKey, ByDefaultKey, ComposedKey, UuidToken],
  async use(manager, tenant) {
    const saved = await manager.save(EveryOption, {
      code: tenant,
      short: 'abcde',
      letter: 'x',
      letters: 'abcd',
      bits: '101',
      tags: ['abc'],
      price: '12.30',
      whole: '12345',
      none: '7',
      prices: ['1.250'],
      exact: new Date('2026-02-03T12:00:00.123Z'),
      exacter: new Date('2026-02-03T12:00:00.123Z'),
      clock: '12:00:00',
      span: null,
      sorted: 'é',
      sortedToo: null,
      hidden: 1,
      list: ['a', 'b'],
      day: '2026-02-03',
      home: { street: 'A', zip: null },
      work: { street: 'B', zip: '1' },
      bare: { street: 'C', zip: '2' },
    });
    expect(saved.id).toMatch(/^[0-9a-f-]{36}$/);
    await manager.update(EveryOption, saved.id, { letter: 'y' });
    expect(await manager.find(EveryOption)).toEqual([
      expect.objectContaining({
        code: tenant,
        letter: 'y',
        price: '12.30',
        exact: new Date('2026-02-03T12:00:00.123Z'),
        list: ['a', 'b'],
        home: { street: 'A', zip: null },
        work: { street: 'B', zip: '1' },
        bare: { street: 'C', zip: '2' },
        length: tenant.length,
        version: 2,
        deleted: null,
      }),
    ]);
    await manager.softDelete(EveryOption, saved.id);
    expect(await manager.count(EveryOption)).toBe(0);
    expect(await manager.count(EveryOption, { withDeleted: true })).toBe(1);

    const [first, second] = [
      await manager.save(manager.create(SerialKey, {})),
      await manager.save(manager.create(SerialKey, {})),
    ];
    expect([first.id, second.id, first.number, second.number]).toEqual(['1', '2', 1, 2]);
    expect(first.token).not.toBe(second.token);
    expect((await manager.save(manager.create(SmallKey, {}))).id).toBe(1);
    expect((await manager.save(manager.create(ByDefaultKey, { id: '7' }))).id).toBe('7');
    await manager.insert(ComposedKey, { region: 'eu', number: 1, note: tenant });
    expect(await manager.findOneBy(ComposedKey, { region: 'eu', number: 1 })).toMatchObject({
      note: tenant,
    });
    expect((await manager.save(manager.create(UuidToken, {}))).id).toMatch(/^[0-9a-f-]{36}$/);
  },
};
