import { TenantEntity } from '@mt/runtime/typeorm';
import { Column, Exclusion, Index, PrimaryGeneratedColumn } from 'typeorm';
import type { Part } from './part';

@TenantEntity('extended')
@Exclusion(`USING gist ("room" WITH =, "during" WITH &&)`)
class Extended {
  @PrimaryGeneratedColumn('uuid')
  id!: string;

  @Index({ unique: true })
  @Column({ type: 'citext', default: 'ADA' })
  email!: string;

  @Column({ type: 'citext', array: true, default: [] })
  aliases!: string[];

  @Column({ type: 'hstore', hstoreType: 'object', default: () => `'a=>1'` })
  pairs!: Record<string, string | null>;

  @Column({ type: 'hstore', hstoreType: 'string', nullable: true })
  text!: string | null;

  @Column({ type: 'cube' })
  cube!: number[];

  @Column({ type: 'cube', array: true })
  cubes!: number[][];

  @Index({ type: 'gist' })
  @Column({ type: 'ltree' })
  path!: string;

  @Column({ type: 'int' })
  room!: number;

  @Column({ type: 'tsrange' })
  during!: string;

  @Column({ type: 'text', default: () => `unaccent('é')` })
  plain!: string;
}

/** Types of extensions, which live where all tenants find them; TypeORM knows more (vector, postgis). */
export const extensions: Part = {
  entities: [Extended],
  sharedSchemas: ['extensions'],
  options: { uuidExtension: 'uuid-ossp', extensions: ['unaccent'] },
  prepare: `
    create schema extensions;
    grant usage on schema extensions to public;
    create extension "uuid-ossp" schema extensions;
    create extension citext schema extensions;
    create extension hstore schema extensions;
    create extension cube schema extensions;
    create extension ltree schema extensions;
    create extension btree_gist schema extensions;
    create extension unaccent schema extensions`,
  async use(manager) {
    const row = {
      aliases: ['A'],
      pairs: { b: "it's", c: null },
      text: '"d"=>"e"',
      cube: [1, 2],
      cubes: [[2, 3]],
      path: 'top.middle',
      room: 1,
      during: '["2026-01-01 00:00:00","2026-01-02 00:00:00")',
    };
    await manager.insert(Extended, { ...row });
    expect(await manager.findOneBy(Extended, { email: 'ada' })).toMatchObject({
      ...row,
      email: 'ADA',
      aliases: expect.anything() as unknown,
      plain: 'e',
    });
    await expect(manager.insert(Extended, { ...row, email: 'aDa', room: 2 })).rejects.toThrow(
      'IDX_',
    );
    await expect(manager.insert(Extended, { ...row, email: 'x' })).rejects.toThrow('XCL_');
  },
};
