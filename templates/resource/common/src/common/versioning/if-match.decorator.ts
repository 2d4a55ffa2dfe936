import { currentTenant } from '@mt/runtime';
import {
  createParamDecorator,
  type ExecutionContext,
  PreconditionFailedException,
} from '@nestjs/common';

/** The version that `If-Match` names by an ETag; undefined where there is none, or any will do. */
export const IfMatch = createParamDecorator(
  (_data: unknown, context: ExecutionContext): number | undefined => {
    const { headers } = context
      .switchToHttp()
      .getRequest<{ headers: Record<string, string | undefined> }>();
    const given = headers['if-match']?.trim();
    if (given === undefined || given === '*') return undefined;
    const [, tenant, version] = /^"([\w-]+)-(\d{1,9})"$/.exec(given) ?? [];
    if (tenant === currentTenant().id) return Number(version);
    throw new PreconditionFailedException(
      'If-Match names no version of this: send the ETag of the row as it was answered',
    );
  },
);
