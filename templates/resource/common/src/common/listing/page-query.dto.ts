import { Transform } from 'class-transformer';
import {
  IsBoolean,
  IsInt,
  IsOptional,
  IsString,
  Max,
  MaxLength,
  Min,
} from 'class-validator';

/** Reads digits only: Number() would also take "0x10", "1e1", a blank and nothing at all. */
const Digits = () =>
  Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value,
  );

/** `?limit=20`, and where it begins; bounded, so that no request reads a whole table. */
export class PageQueryDto {
  @Digits()
  @IsInt()
  @Min(1)
  @Max(100)
  limit = 50;

  @Digits()
  @IsInt()
  @Min(0)
  @Max(2_147_483_647)
  offset = 0;

  /** The `nextCursor` of the page before: it finds its place as fast on page 1000 as on the first. */
  @IsOptional()
  @IsString()
  @MaxLength(8192)
  cursor?: string;

  /** `-dueOn,number`; the list's own class says what it may name. */
  sort?: string;

  /** Counts the rows of all pages, which takes the database longer than the page. */
  @IsOptional()
  @Transform(({ value }: { value: unknown }) =>
    value === 'true' ? true : value === 'false' ? false : value,
  )
  @IsBoolean()
  withTotal?: boolean;
}
