import { TenantEntity } from '@mt/runtime/typeorm';
import {
  ChildEntity,
  Column,
  PrimaryGeneratedColumn,
  TableInheritance,
  Tree,
  TreeChildren,
  TreeLevelColumn,
  TreeParent,
} from 'typeorm';
import type { Part } from './part';

@TenantEntity('contents')
@TableInheritance({ column: { type: 'varchar', name: 'kind', length: 20 } })
class Content {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column()
  title!: string;
}

@ChildEntity()
class Photo extends Content {
  @Column({ type: 'int', nullable: true })
  size!: number;
}

@ChildEntity('movie')
class Video extends Content {
  @Column({ type: 'enum', enum: ['hd', 'sd'], default: 'hd' })
  quality!: string;
}

/** What several tables have in common, without a table of its own. */
abstract class Named {
  @PrimaryGeneratedColumn('uuid')
  id!: string;

  @Column({ unique: true })
  name!: string;
}

@TenantEntity('people')
class Person extends Named {
  @Column({ type: 'int', default: 0 })
  age!: number;
}

@TenantEntity('companies')
class Company extends Named {}

@TenantEntity('adjacent')
@Tree('adjacency-list')
class Adjacent {
  @PrimaryGeneratedColumn()
  id!: number;

  @TreeParent({ onDelete: 'CASCADE' })
  parent!: Adjacent | null;

  @TreeChildren({ cascade: true })
  children!: Adjacent[];
}

@TenantEntity('nested')
@Tree('nested-set')
class Nested {
  @PrimaryGeneratedColumn()
  id!: number;

  @TreeParent()
  parent!: Nested | null;

  @TreeChildren()
  children!: Nested[];
}

@TenantEntity('paths')
@Tree('materialized-path')
class Path {
  @PrimaryGeneratedColumn()
  id!: number;

  @TreeLevelColumn()
  level!: number;

  @TreeParent()
  parent!: Path | null;

  @TreeChildren()
  children!: Path[];
}

@TenantEntity('closures')
@Tree('closure-table')
class Closure {
  @PrimaryGeneratedColumn()
  id!: number;

  @TreeParent()
  parent!: Closure | null;

  @TreeChildren()
  children!: Closure[];
}

@TenantEntity('own_closures')
@Tree('closure-table', {
  closureTableName: 'own_closure_of',
  ancestorColumnName: (column) => `ancestor_${column.propertyName}`,
  descendantColumnName: (column) => `descendant_${column.propertyName}`,
})
class OwnClosure {
  @PrimaryGeneratedColumn('uuid')
  id!: string;

  @TreeParent()
  parent!: OwnClosure | null;

  @TreeChildren()
  children!: OwnClosure[];
}

export const hierarchies: Part = {
  entities: [Content, Photo, Video, Person, Company, Adjacent, Nested, Path, Closure, OwnClosure],
  async use(manager, tenant) {
    await manager.save(Photo, { title: tenant, size: 3 });
    await manager.save(Video, { title: tenant });
    expect(await manager.find(Content, { order: { id: 'ASC' } })).toEqual([
      expect.objectContaining({ title: tenant, size: 3 }),
      expect.objectContaining({ title: tenant, quality: 'hd' }),
    ]);
    await manager.save(Person, { name: tenant });
    await manager.save(Company, { name: tenant });
    expect(await manager.find(Person)).toMatchObject([{ name: tenant, age: 0 }]);

    for (const entity of [Adjacent, Nested, Path, Closure, OwnClosure]) {
      const trees = manager.getTreeRepository<Path>(entity);
      // Only one of them has a level, which TypeORM leaves to the application.
      const root = await trees.save({ level: 0 });
      const child = await trees.save({ level: 1, parent: root });
      await trees.save({ level: 2, parent: child });
      if (entity === Adjacent) continue;
      expect(await trees.countDescendants(root)).toBe(3);
      expect(await trees.findTrees()).toMatchObject([{ children: [{ children: [{}] }] }]);
    }
  },
};
