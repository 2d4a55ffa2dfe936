import {
  ConnectionLostError,
  ConnectionTimeoutError,
  DatabaseUnavailableError,
  QueueFullError,
  StatementTimeoutError,
  TenantContextMissingError,
  TenantNotActiveError,
  TenantNotFoundError,
} from '@mt/runtime';
import {
  BadRequestException,
  HttpException,
  NotFoundException,
  ServiceUnavailableException,
} from '@nestjs/common';
import { toProblem } from './problem-details.js';

describe('toProblem', () => {
  it('keeps what HTTP exceptions say', () => {
    expect(toProblem(new NotFoundException('User 1 not found'))).toEqual({
      type: 'about:blank',
      title: 'Not Found',
      status: 404,
      detail: 'User 1 not found',
      code: 'NOT_FOUND',
    });
  });

  it('lists the findings of a validation', () => {
    const errors = ['name should not be empty', 'email must be an email'];
    expect(toProblem(new BadRequestException(errors))).toMatchObject({
      status: 400,
      code: 'VALIDATION_FAILED',
      errors,
    });
  });

  it('keeps the code and the members of an exception', () => {
    const response = { code: 'PLAN_LIMIT', message: 'Full', limits: [5] };
    expect(toProblem(new HttpException(response, 402))).toEqual({
      type: 'about:blank',
      title: 'Payment Required',
      status: 402,
      detail: 'Full',
      code: 'PLAN_LIMIT',
      limits: [5],
    });
    const options = { errorCode: 'STALE' };
    expect(toProblem(new HttpException('No', 409, options))).toMatchObject({
      detail: 'No',
      code: 'STALE',
    });
  });

  it('keeps what a health check found, beside the status of HTTP', () => {
    const error = { db: { status: 'down' } };
    const response = { status: 'error', info: {}, error, details: error };
    expect(toProblem(new ServiceUnavailableException(response))).toMatchObject({
      status: 503,
      info: {},
      error,
      details: error,
    });
  });

  it.each([
    [499, 'HTTP_499'],
    [431, 'REQUEST_HEADER_FIELDS_TOO_LARGE'],
    [418, 'I_AM_A_TEAPOT'],
    [42, 'INTERNAL_SERVER_ERROR'],
  ])('has a code for status %d', (status, code) => {
    const problem = toProblem(new HttpException('Odd', status));
    expect(problem).toMatchObject({ code });
  });

  it('says nothing of errors inside of an exception', () => {
    const error = Object.assign(new Error('insert into "users"'), {
      params: ['Ada'],
    });
    for (const response of [
      error,
      { message: 'No', error, list: [{ error }] },
    ]) {
      const problem = toProblem(new HttpException(response, 400));
      expect(problem.status).toBe(400);
      expect(JSON.stringify(problem)).not.toMatch(/users|Ada/);
    }
  });

  it('takes exceptions of other transports for what they are', () => {
    class WsException extends Error {
      getError = () => 'Not here';
    }
    expect(toProblem(new WsException())).toMatchObject({
      status: 400,
      detail: 'Not here',
    });
    const graphql = Object.assign(new Error('Too much'), {
      name: 'GraphQLError',
      extensions: { code: 'TOO_MUCH' },
    });
    expect(toProblem(graphql)).toMatchObject({
      detail: 'Too much',
      code: 'TOO_MUCH',
    });
  });

  it('takes a statement without a tenant for a mistake of the application', () => {
    expect(toProblem(new TenantContextMissingError())).toMatchObject({
      status: 500,
      code: 'INTERNAL_SERVER_ERROR',
    });
  });

  it('has a read that lost its connection sent again', () => {
    const error = new ConnectionLostError(new Error('terminated'), false);
    expect(toProblem(error, true)).toMatchObject({
      status: 503,
      code: 'CONNECTION_LOST',
    });
  });

  it('has a transaction sent again that PostgreSQL has undone', () => {
    const answer = { severity: 'ERROR', code: '40P01' };
    const cause = Object.assign(new Error('deadlock detected'), answer);
    expect(toProblem(new Error('update', { cause }))).toMatchObject({
      status: 503,
      code: 'TRANSACTION_CONFLICT',
    });
  });

  it.each([
    [new TenantNotFoundError('nobody'), 404],
    [new TenantNotActiveError('acme', 'suspended'), 403],
    [new ConnectionTimeoutError(5000), 503],
    [new QueueFullError(5000), 503],
    [new DatabaseUnavailableError(new Error('starting up'), true), 503],
    [new ConnectionLostError(new Error('terminated'), true), 503],
    [new ConnectionLostError(new Error('terminated'), false), 500],
    [new StatementTimeoutError(5000, new Error('canceled')), 504],
  ])('knows the errors of tenancy: %s', (error, status) => {
    const problem = toProblem(error);
    expect(problem).toMatchObject({ status, code: error.code });
    if (status >= 500) expect(problem.detail).not.toMatch(/5000|connection/);
  });

  it('asks nobody to try again what cannot work', () => {
    const error = new DatabaseUnavailableError(new Error('password'), false);
    expect(toProblem(error)).toMatchObject({
      status: 500,
      code: 'INTERNAL_SERVER_ERROR',
    });
  });

  it('recognises a unique violation inside of the error of the ORM', () => {
    const cause = Object.assign(new Error('users_email_key'), {
      code: '23505',
    });
    const problem = toProblem(new Error('insert into "users" …', { cause }));
    expect(problem).toMatchObject({ status: 409, code: 'ALREADY_EXISTS' });
    expect(JSON.stringify(problem)).not.toContain('users');
  });

  it('recognises the errors of tenancy inside of the error of the ORM', () => {
    const driverError = new ConnectionTimeoutError(5000);
    const error = Object.assign(new Error('QueryFailedError'), { driverError });
    expect(toProblem(error)).toMatchObject({
      status: 503,
      code: 'CONNECTION_TIMEOUT',
    });
  });

  it('says nothing about unknown errors', () => {
    const problem = toProblem(new Error('password of postgres is hunter2'));
    expect(problem).toMatchObject({
      status: 500,
      code: 'INTERNAL_SERVER_ERROR',
    });
    expect(JSON.stringify(problem)).not.toContain('hunter2');
  });
});
