import {
  BadRequestException,
  Injectable,
  type PipeTransform,
} from '@nestjs/common';

/** The largest id that an integer column can hold. */
const MAX_ID = 2_147_483_647;

/** Stricter than `ParseIntPipe`: an id that no row can have is refused here, not by the database. */
@Injectable()
export class ParseIdPipe implements PipeTransform<string, number> {
  transform(value: string): number {
    const id = /^\d+$/.test(value) ? Number(value) : 0;
    if (id < 1 || id > MAX_ID) {
      throw new BadRequestException(`An id from 1 to ${MAX_ID} is expected`);
    }
    return id;
  }
}
