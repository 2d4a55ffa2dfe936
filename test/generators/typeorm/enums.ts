import { TenantEntity } from '@mt/runtime/typeorm';
import { Column, Index, PrimaryGeneratedColumn, Unique } from 'typeorm';
import type { Part } from './part';

enum Status {
  Draft = 'draft',
  Sent = 'sent',
  Odd = "it's",
}

enum Priority {
  Low,
  High,
}

@TenantEntity('invoices')
@Index(['status', 'priority'])
@Unique(['status', 'number'])
class Invoice {
  @PrimaryGeneratedColumn('identity', { generatedIdentity: 'ALWAYS' })
  id!: number;

  @Column({ type: 'int' })
  number!: number;

  @Index()
  @Column({ type: 'enum', enum: Status, default: Status.Draft })
  status!: Status;

  @Column({ type: 'enum', enum: Status, default: () => `'it''s'` })
  odd!: Status;

  @Column({ type: 'enum', enum: Priority, default: Priority.Low })
  priority!: Priority;

  @Column({ type: 'enum', enum: ['a', 'b'], enumName: 'shared_kind', default: 'a' })
  kind!: string;

  @Column({ type: 'enum', enum: ['a', 'b'], enumName: 'shared_kind', nullable: true })
  otherKind!: string | null;

  @Column({ type: 'enum', enum: Status, array: true, default: [Status.Draft, Status.Sent] })
  history!: Status[];

  @Column({ type: 'enum', enum: Status, array: true, default: [] })
  none!: Status[];

  @Column({ type: 'enum', enum: Status, array: true, nullable: true, enumName: 'named_states' })
  named!: Status[] | null;

  @Column({ type: 'simple-enum', enum: ['x', 'y'], default: 'x' })
  simple!: string;

  @Column({ type: 'enum', enum: ['UPPER', 'lower'], default: 'UPPER', name: 'MixedCase' })
  mixed!: string;
}

/** The same type in a second table. */
@TenantEntity('credit_notes')
class CreditNote {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'enum', enum: ['a', 'b'], enumName: 'shared_kind', default: 'b' })
  kind!: string;
}

export const enums: Part = {
  entities: [Invoice, CreditNote],
  async use(manager) {
    await manager.insert(Invoice, { number: 1 });
    await manager.insert(CreditNote, {});
    expect(await manager.find(Invoice)).toEqual([
      expect.objectContaining({
        status: 'draft',
        odd: "it's",
        priority: Priority.Low,
        kind: 'a',
        otherKind: null,
        history: ['draft', 'sent'],
        none: [],
        named: null,
        simple: 'x',
        mixed: 'UPPER',
      }),
    ]);
    expect(await manager.find(CreditNote)).toMatchObject([{ kind: 'b' }]);
    await expect(manager.insert(Invoice, { number: 2, kind: 'c' })).rejects.toThrow('shared_kind');
  },
};
