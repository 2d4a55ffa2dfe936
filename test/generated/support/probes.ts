import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GeneratedApp } from './generate';

/** Adds routes to an application that do what users' routes may do, and builds it. */
export function addProbes(app: GeneratedApp): void {
  const path = (file: string) => join(app.directory, 'src', file);
  mkdirSync(path('probes'));
  writeFileSync(path('probes/probes.controller.ts'), CONTROLLER);

  const module = readFileSync(path('users/users.module.ts'), 'utf8');
  const withProbes = module
    .replace('controllers: [', 'controllers: [ProbesController, ')
    .replace(/^/, "import { ProbesController } from '../probes/probes.controller.js';\n");
  writeFileSync(path('users/users.module.ts'), withProbes);
  app.run('npm', 'run', 'build');
}

const CONTROLLER = `
import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectionManager } from '@mt/runtime';
import {
  Body, Controller, Get, HttpException, Logger, Param, Post, ServiceUnavailableException, Sse,
} from '@nestjs/common';
import { interval, map, mergeMap } from 'rxjs';
import { CurrentTenant, WithoutTenant } from '../tenancy/tenant.decorators.js';
import { UsersService } from '../users/users.service.js';

const EXCEPTIONS: Record<string, () => unknown> = {
  plan: () => new HttpException({ code: 'PLAN_LIMIT', message: 'Too many users', limits: { users: 5 } }, 402),
  // What @nestjs/terminus throws.
  health: () => new ServiceUnavailableException({
    status: 'error', info: {}, error: { db: { status: 'down' } }, details: { db: { status: 'down' } },
  }),
  closed: () => new HttpException('Client closed the request', 499),
  typed: () => new HttpException({ type: 'https://example.com/p', title: 'No', detail: 'Why', instance: '/i' }, 422),
  coded: () => new HttpException('No', 409, { errorCode: 'STALE' }),
  odd: () => new HttpException('No', 42),
  text: () => 'thrown',
};

@Controller('probes')
export class ProbesController {
  private readonly logger = new Logger('Probes');

  constructor(
    private readonly users: UsersService,
    private readonly connections: ConnectionManager,
  ) {}

  @Get('without-tenant') @WithoutTenant()
  statementWithoutTenant() {
    return this.users.findAll({ limit: 1, offset: 0 });
  }

  @Get('current-tenant') @WithoutTenant()
  currentTenant(@CurrentTenant() tenant: unknown) {
    return tenant;
  }

  @Get('exceptions/:name') @WithoutTenant()
  exception(@Param('name') name: string) {
    throw EXCEPTIONS[name]?.();
  }

  @Post('wrapped')
  async wrapped() {
    try {
      await this.insertNothing();
    } catch (error) {
      throw new HttpException(error as Error, 400);
    }
  }

  @Post('members')
  async members() {
    try {
      await this.insertNothing();
    } catch (error) {
      throw new HttpException({ message: 'Cannot save', error, reasons: [error] }, 400);
    }
  }

  @Post('failing')
  insertNothing() {
    return this.users.create({ name: 'Secret Name', email: null as unknown as string });
  }

  @Post('logged')
  async logged() {
    await this.insertNothing().catch((error: unknown) => this.logger.error(error));
  }

  @Post('echo')
  echo(@Body() body: unknown) {
    return { body };
  }

  @Get('sleep/:ms')
  async sleep(@Param('ms') ms: string) {
    await sleep(Number(ms));
    return { slept: ms };
  }

  /** Has the process do nothing else. */
  @Get('busy/:ms')
  busy(@Param('ms') ms: string) {
    const until = performance.now() + Number(ms);
    while (performance.now() < until);
    return { busy: ms };
  }

  @Get('statement/:seconds')
  async read(@Param('seconds') seconds: string) {
    await this.connections.pool.query('select pg_sleep($1)', [seconds]);
    return {};
  }

  @Post('statement/:seconds')
  write(@Param('seconds') seconds: string) {
    return this.read(seconds);
  }

  /** Answers, and goes on as the tenant. */
  @Get('late')
  late() {
    setTimeout(() => void this.read('0'), 50);
    return {};
  }

  @Sse('events')
  events() {
    return interval(50).pipe(map((data) => ({ data })));
  }

  @Sse('failing-events')
  failingEvents() {
    return interval(50).pipe(mergeMap(() => this.insertNothing()));
  }
}
`;
