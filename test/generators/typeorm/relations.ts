import { TenantEntity } from '@mt/runtime/typeorm';
import {
  Column,
  ForeignKey,
  JoinColumn,
  JoinTable,
  ManyToMany,
  ManyToOne,
  OneToMany,
  OneToOne,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  RelationId,
  type Relation,
} from 'typeorm';
import type { Part } from './part';

@TenantEntity('authors')
class Author {
  @PrimaryGeneratedColumn('uuid')
  id!: string;

  @Column({ unique: true })
  name!: string;

  @OneToOne(() => Profile, (profile) => profile.author, { cascade: true, eager: true })
  @JoinColumn({ name: 'profile_id', foreignKeyConstraintName: 'authors_profile' })
  profile!: Relation<Profile>;

  @OneToMany(() => Book, (book) => book.author)
  books!: Book[];
}

@TenantEntity('profiles')
class Profile {
  @PrimaryGeneratedColumn()
  id!: number;

  @OneToOne(() => Author, (author) => author.profile)
  author!: Relation<Author>;
}

@TenantEntity('genres')
class Genre {
  @PrimaryColumn()
  language!: string;

  @PrimaryColumn()
  code!: string;
}

@TenantEntity('books')
class Book {
  @PrimaryGeneratedColumn('identity')
  id!: number;

  @ManyToOne(() => Author, (author) => author.books, { onDelete: 'CASCADE', nullable: false })
  author!: Relation<Author>;

  @RelationId((book: Book) => book.author)
  authorId!: string;

  @ManyToOne(() => Author, { onDelete: 'SET NULL', onUpdate: 'CASCADE', nullable: true })
  @JoinColumn({ name: 'editor_name', referencedColumnName: 'name' })
  editor!: Author | null;

  @ManyToOne(() => Genre, { deferrable: 'INITIALLY DEFERRED', onDelete: 'RESTRICT' })
  @JoinColumn([
    { name: 'genre_language', referencedColumnName: 'language' },
    { name: 'genre_code', referencedColumnName: 'code' },
  ])
  genre!: Relation<Genre>;

  @ManyToOne(() => Book, { createForeignKeyConstraints: false, nullable: true })
  sequel!: Book | null;

  @Column({ type: 'int', nullable: true })
  @ForeignKey(() => Profile, { onDelete: 'SET NULL' })
  profileId!: number | null;

  @ManyToMany(() => Tag, (tag) => tag.books, { cascade: true })
  @JoinTable()
  tags!: Tag[];

  @ManyToMany(() => Genre)
  @JoinTable({
    name: 'book_genres',
    joinColumn: { name: 'book', foreignKeyConstraintName: 'book_genres_book' },
    inverseJoinColumns: [
      { name: 'language', referencedColumnName: 'language' },
      { name: 'code', referencedColumnName: 'code' },
    ],
  } as never)
  genres!: Genre[];

  @ManyToMany(() => Author, { lazy: true, onDelete: 'NO ACTION' })
  @JoinTable({ schema: '$tenant', name: 'book_readers' })
  readers!: Promise<Author[]>;
}

@TenantEntity('tags')
class Tag {
  @PrimaryColumn()
  name!: string;

  @ManyToMany(() => Book, (book) => book.tags)
  books!: Book[];
}

export const relations: Part = {
  entities: [Author, Profile, Genre, Book, Tag],
  async use(manager, tenant) {
    const genre = await manager.save(Genre, { language: 'en', code: 'crime' });
    const author = await manager.save(Author, { name: tenant, profile: {} });
    const book = manager.create(Book, { author, editor: author, genre, profileId: 1 });
    book.tags = [manager.create(Tag, { name: 'new' })];
    book.genres = [genre];
    book.readers = Promise.resolve([author]);
    await manager.save(book);
    const [found] = await manager.find(Book, {
      relations: { author: true, editor: true, genre: true, tags: true, genres: true },
    });
    expect(found).toMatchObject({
      authorId: author.id,
      editor: { name: tenant },
      genre: { code: 'crime' },
      tags: [{ name: 'new' }],
      genres: [{ code: 'crime' }],
    });
    expect(await found?.readers).toMatchObject([{ name: tenant }]);
    await expect(manager.insert(Book, { author, genre, profileId: 99 })).rejects.toThrow('FK_');
    await manager.update(Author, author.id, { name: 'renamed' });
    expect(await manager.find(Book, { relations: { editor: true } })).toMatchObject([
      { editor: { name: 'renamed' } },
    ]);
  },
};
