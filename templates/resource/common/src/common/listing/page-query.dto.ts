import { Transform } from 'class-transformer';
import { IsInt, Max, Min } from 'class-validator';

/** Reads digits only: Number() would also take "0x10", "1e1", a blank and nothing at all. */
const Digits = () =>
  Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value,
  );

/** `?limit=20&offset=40`; bounded, so that no request reads a whole table. */
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
}
