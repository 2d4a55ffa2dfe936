import { TenantEntity } from '@mt/runtime/typeorm';
import { Check, Column, Index, PrimaryColumn, type QueryRunner } from 'typeorm';
import type { Part } from './part';

/** What entities use and TypeORM does not make. */
class ByHand1600000000000 {
  name = 'ByHand1600000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create sequence "$tenant".order_number start 100');
    await runner.query(
      `create function "$tenant".shout(text) returns text immutable return upper($1)`,
    );
    await runner.query(`create function "$tenant".make_code() returns text return 'code'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function "$tenant".make_code(), "$tenant".shout(text)');
    await runner.query('drop sequence "$tenant".order_number');
  }
}

@TenantEntity('orders')
@Check(`"$tenant".shout("note") <> 'NO'`)
@Check('bare_check', `shout("note") <> 'NEVER'`)
@Index(['note'], { where: `"$tenant".shout(note) = 'A'` })
@Index('bare_index', ['note'], { where: `shout(note) = 'B'` })
class Order {
  @PrimaryColumn({ type: 'int', default: () => `nextval('order_number')` })
  number!: number;

  @Column({ type: 'int', default: () => `nextval('"order_number"')` })
  quoted!: number;

  @Column({ type: 'int', default: () => `nextval('"$tenant".order_number')` })
  marked!: number;

  @Column({ type: 'int', default: () => `nextval('"$tenant"."order_number"'::regclass) + 1` })
  cast!: number;

  @Column({ type: 'text', default: () => 'make_code()' })
  code!: string;

  @Column({ type: 'text', default: () => '"$tenant".make_code()' })
  markedCode!: string;

  @Column({ type: 'text', default: () => `"$tenant"."shout"('a') || "$tenant".make_code()` })
  mixed!: string;

  @Column({ default: 'a' })
  note!: string;

  @Column({ type: 'text', asExpression: `"$tenant".shout(note)`, generatedType: 'STORED' })
  loud!: string;
}

/** Names of the tenant's own objects in whatever takes an expression, in all spellings. */
export const byHand: Part = {
  entities: [Order],
  migrations: [ByHand1600000000000],
  async use(manager) {
    await manager.insert(Order, {});
    expect(await manager.find(Order)).toEqual([
      {
        number: 100,
        quoted: 101,
        marked: 102,
        cast: 104,
        code: 'code',
        markedCode: 'code',
        mixed: 'Acode',
        note: 'a',
        loud: 'A',
      },
    ]);
    await expect(manager.insert(Order, { note: 'no' })).rejects.toThrow('CHK_');
    await expect(manager.insert(Order, { note: 'never' })).rejects.toThrow('bare_check');
  },
};
