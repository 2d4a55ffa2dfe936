import { withoutTenant } from '@mt/runtime';
import { SharedEntity, TenantEntity } from '@mt/runtime/typeorm';
import {
  Column,
  Entity,
  Index,
  JoinTable,
  ManyToMany,
  ManyToOne,
  PrimaryColumn,
  PrimaryGeneratedColumn,
} from 'typeorm';
import type { Part } from './part';

@Entity({ name: 'countries', schema: 'catalog' })
class Country {
  @PrimaryColumn({ length: 2 })
  code!: string;

  @Column({ type: 'enum', enum: ['eu', 'other'], default: 'eu' })
  area!: string;
}

@SharedEntity('scripts')
class Script {
  @PrimaryGeneratedColumn()
  id!: number;
}

@SharedEntity('languages')
class Language {
  @PrimaryColumn({ length: 2 })
  code!: string;

  @Column({ type: 'enum', enum: ['left', 'right'], default: 'left' })
  from!: string;

  @Column({ type: 'timestamp', default: () => "now() + interval '1 day'" })
  until!: Date;

  @Index()
  @Column({ default: '' })
  name!: string;

  @ManyToOne(() => Language, { nullable: true })
  parent!: Language | null;

  @ManyToMany(() => Script)
  @JoinTable()
  scripts!: Script[];
}

@Entity({ name: 'currencies', schema: 'public' })
class Currency {
  @PrimaryColumn({ length: 3 })
  code!: string;
}

/** It has the name of a table of another schema. */
@TenantEntity('countries')
class OwnCountry {
  @PrimaryGeneratedColumn()
  id!: number;

  @ManyToOne(() => Country)
  country!: Country;

  @ManyToOne(() => Currency)
  currency!: Currency;

  @ManyToOne(() => Language)
  language!: Language;

  @Column({ type: 'enum', enum: ['x', 'y'], default: 'x' })
  area!: string;
}

/** Entities of other schemas, to which those of tenants refer. */
export const others: Part = {
  entities: [Country, Script, Language, Currency, OwnCountry],
  sharedSchemas: ['shared', 'public'],
  prepare: `
    create schema catalog;
    create type catalog.countries_area_enum as enum ('eu', 'other');
    create table catalog.countries (
      code varchar(2) primary key, area catalog.countries_area_enum not null default 'eu');
    insert into catalog.countries values ('de');
    create table public.currencies (code varchar(3) primary key);
    insert into public.currencies values ('EUR');
    grant usage on schema catalog, public to public;
    grant select, references on catalog.countries, public.currencies to public`,
  async use(manager, tenant) {
    await withoutTenant(() => manager.upsert(Language, { code: 'de' }, ['code']));
    await manager.insert(OwnCountry, {
      country: { code: 'de' },
      currency: { code: 'EUR' },
      language: { code: 'de' },
    });
    const relations = { country: true, currency: true, language: true };
    expect(await manager.find(OwnCountry, { relations })).toMatchObject([
      {
        area: 'x',
        country: { code: 'de', area: 'eu' },
        currency: { code: 'EUR' },
        language: { code: 'de', from: 'left' },
      },
    ]);
    await expect(
      manager.insert(OwnCountry, { country: { code: 'xx' }, currency: { code: tenant } }),
    ).rejects.toThrow('FK_');
  },
};
