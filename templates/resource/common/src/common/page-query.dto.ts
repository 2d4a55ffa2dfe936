import { Type } from 'class-transformer';
import { IsInt, Max, Min } from 'class-validator';

/** `?limit=20&offset=40`; bounded, so that no request reads a whole table. */
export class PageQueryDto {
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(100)
  limit = 50;

  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(2_147_483_647)
  offset = 0;
}
