import { TenantEntity } from '@mt/runtime/typeorm';
import { Check, Column, Exclusion, Index, PrimaryGeneratedColumn, Unique } from 'typeorm';
import type { Part } from './part';

@TenantEntity('bookings')
@Check(`"price" > 0`)
@Check('bookings_name', `"name" <> 'no'`)
@Check('bookings_kind', `"kind" in ('a', 'b')`)
@Check('bookings_state', `"state" <> 'b'::"$tenant"."bookings_state_enum"`)
@Exclusion(`USING gist ("during" WITH &&)`)
@Exclusion('bookings_place', `USING gist ("place" WITH &&) WHERE (price > 10)`)
@Exclusion('bookings_later', `USING gist ("later" WITH &&)`, { deferrable: 'INITIALLY DEFERRED' })
@Unique(['name', 'kind'])
@Unique('bookings_code', ['code'])
@Unique('bookings_later_code', ['code', 'kind'], { deferrable: 'INITIALLY IMMEDIATE' })
@Unique(['price', 'kind'], { deferrable: 'INITIALLY DEFERRED' })
@Index(['kind', 'price'])
@Index('bookings_named', ['price', 'kind'], { unique: true })
@Index('bookings_partial', ['code'], { where: `"kind" = 'a'` })
@Index(['kind'], { where: `"state" = 'a'::"$tenant"."bookings_state_enum"` })
@Index('bookings_hash', ['name'], { type: 'hash' })
@Index('bookings_gin', ['tags'], { type: 'gin' })
@Index('bookings_brin', ['price'], { type: 'brin' })
@Index('bookings_gist', ['place'], { type: 'gist' })
@Index('bookings_spatial', ['place'], { spatial: true })
@Index('bookings_spgist', ['place'], { type: 'spgist' })
@Index('bookings_by_hand', { synchronize: false })
class Booking {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column()
  name!: string;

  @Column()
  kind!: string;

  @Column({ type: 'enum', enum: ['a', 'b'], default: 'a' })
  state!: string;

  @Column()
  code!: string;

  @Index()
  @Column({ type: 'int' })
  price!: number;

  @Index({ unique: true })
  @Column({ type: 'int', nullable: true })
  number!: number | null;

  @Index('bookings_email', { unique: true, where: 'email is not null' })
  @Column({ type: 'varchar', nullable: true })
  email!: string | null;

  @Column({ type: 'text', array: true, default: [] })
  tags!: string[];

  @Column({ type: 'tsrange' })
  during!: string;

  @Column({ type: 'box' })
  place!: string;

  @Column({ type: 'int4range' })
  later!: string;
}

export const constraints: Part = {
  entities: [Booking],
  async use(manager) {
    const booking = {
      name: 'x',
      kind: 'a',
      code: 'c',
      price: 1,
      during: '[2026-01-01,2026-01-02)',
      place: '(1,1),(0,0)',
      later: '[1,2)',
    };
    await manager.insert(Booking, booking);
    const free = {
      ...booking,
      name: 'y',
      code: 'd',
      kind: 'b',
      during: '[2026-02-01,2026-02-02)',
      later: '[3,4)',
    };
    for (const [change, constraint] of [
      [{ price: 0 }, 'CHK_'],
      [{ name: 'no' }, 'bookings_name'],
      [{ kind: 'c' }, 'bookings_kind'],
      [{ state: 'b' }, 'bookings_state'],
      [{ during: booking.during }, 'XCL_'],
      [{ later: booking.later }, 'bookings_later'],
      [{ code: 'c' }, 'bookings_code'],
      [{ name: 'x', kind: 'a' }, 'UQ_'],
      [{ kind: 'a' }, 'bookings_named'],
    ] as const) {
      await expect(manager.insert(Booking, { ...free, ...change })).rejects.toThrow(constraint);
    }
    await manager.insert(Booking, free);
    expect(await manager.count(Booking)).toBe(2);
  },
};
