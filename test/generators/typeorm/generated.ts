import { TenantEntity, TenantViewEntity } from '@mt/runtime/typeorm';
import { Column, PrimaryGeneratedColumn, ViewColumn, Index } from 'typeorm';
import type { Part } from './part';

@TenantEntity('members')
class Member {
  @PrimaryGeneratedColumn('uuid')
  id!: string;

  @Column()
  first!: string;

  @Column()
  last!: string;

  @Column({ asExpression: `first || ' ' || last`, generatedType: 'STORED' })
  name!: string;

  @Column({
    type: 'tsvector',
    asExpression: `to_tsvector('simple', "first" || ' it''s $1 \\ ' || coalesce("last", ''))`,
    generatedType: 'STORED',
    nullable: true,
    select: false,
  })
  words!: string;

  @Column({ default: true })
  active!: boolean;
}

@TenantViewEntity('active_members', {
  expression: `select "id", "name", 'it''s $1' as "text" from "$tenant"."members" where "active"`,
})
class ActiveMember {
  @ViewColumn()
  id!: string;

  @ViewColumn()
  name!: string;

  @ViewColumn({ name: 'text' })
  label!: string;
}

@TenantViewEntity('built_members', {
  expression: (dataSource) =>
    dataSource
      .createQueryBuilder()
      .select('member.last', 'last')
      .addSelect('count(*)::int', 'members')
      .from(Member, 'member')
      .groupBy('member.last'),
})
class BuiltMember {
  @ViewColumn()
  last!: string;

  @ViewColumn()
  members!: number;
}

@TenantViewEntity('bare_members', {
  expression: `select count(*)::int as "total" from members`,
  dependsOn: [Member],
})
class BareMember {
  @ViewColumn()
  total!: number;
}

@TenantViewEntity('upon_members', {
  expression: `select "name" from "$tenant"."active_members"`,
  dependsOn: [ActiveMember],
})
class UponMember {
  @ViewColumn()
  name!: string;
}

@TenantViewEntity('counted_members', {
  materialized: true,
  expression: `
    select "last", count(*)::int as "members" from "$tenant"."members" group by "last"
  `,
})
@Index(['last'], { unique: true })
@Index('counted_by_members', ['members', 'last'])
class CountedMember {
  @ViewColumn()
  last!: string;

  @ViewColumn()
  members!: number;
}

export const generated: Part = {
  entities: [Member, ActiveMember, BuiltMember, BareMember, UponMember, CountedMember],
  async use(manager, tenant, asOwner) {
    await manager.insert(Member, { first: 'A', last: tenant });
    await manager.insert(Member, { first: 'B', last: tenant, active: false });
    // What TypeORM keeps of them, under the names that they have here.
    expect(
      await manager.query(
        `select "schema" = current_schema() as own, "database" = current_database() as here, count(*)::int
         from typeorm_metadata group by own, here order by here`,
      ),
    ).toEqual([
      { own: true, here: true, count: 2 },
      { own: true, here: null, count: 5 },
    ]);
    const name = `A ${tenant}`;
    expect(await manager.find(Member, { order: { first: 'ASC' } })).toMatchObject([
      { name },
      { name: `B ${tenant}` },
    ]);
    expect(await manager.find(ActiveMember)).toMatchObject([{ name, label: "it's $1" }]);
    expect(await manager.find(UponMember)).toMatchObject([{ name }]);
    expect(await manager.find(BuiltMember)).toEqual([{ last: tenant, members: 2 }]);
    expect(await manager.find(BareMember)).toEqual([{ total: 2 }]);
    await asOwner('refresh materialized view "$tenant".counted_members');
    expect(await manager.find(CountedMember)).toEqual([{ last: tenant, members: 2 }]);
  },
};
