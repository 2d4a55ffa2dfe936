import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../../support/eventually';
import { clientsOf } from './clients';
import type { Combination, GeneratedApp } from './generate';
import { startServer, type RunningServer } from './server';

const PACKAGES = [
  '@apollo/server@5',
  '@nestjs/apollo@14',
  '@nestjs/graphql@14',
  '@nestjs/platform-ws@12',
  '@nestjs/websockets@12',
  'graphql@16',
  'ws@8',
];
const INTEGRATIONS = {
  express: '@as-integrations/express5@1',
  fastify: '@as-integrations/fastify@3',
};

/** How other transports than HTTP are told what went wrong, in an application with the tenant acme. */
export function describeTransports(
  getApp: () => GeneratedApp,
  { platform }: Pick<Combination, 'platform'>,
): void {
  describe('with GraphQL and WebSockets', () => {
    let server: RunningServer;
    const { send } = clientsOf(getApp, () => server);

    beforeAll(async () => {
      addTransports(getApp(), platform);
      server = await startServer(getApp().directory);
    });
    afterAll(() => server.stop());

    async function ask(query: string, slug = 'acme') {
      const body = JSON.stringify({ query });
      const answer = await send(slug, '/graphql', { method: 'POST', body });
      expect(JSON.stringify(answer.body)).not.toMatch(
        /insert into|select |Secret|is not a function/i,
      );
      return answer.body as { data: unknown; errors?: { message: string; extensions: object }[] };
    }

    it.each<[string, string, object]>([
      ['{ count }', '', { code: 'TENANT_CONTEXT_MISSING', status: 400 }],
      ['{ count }', 'nobody', { code: 'TENANT_NOT_FOUND', status: 404 }],
      ['{ find(id: 999) }', 'acme', { code: 'NOT_FOUND', status: 404 }],
      ['{ fail }', 'acme', { code: 'INTERNAL_SERVER_ERROR', status: 500 }],
      ['{ unscoped }', '', { code: 'INTERNAL_SERVER_ERROR', status: 500 }],
      ['{ tooMuch }', 'acme', { code: 'TOO_MUCH', limit: 3 }],
    ])('answers the query %s of %s by an error with a code', async (query, slug, extensions) => {
      const { errors } = await ask(query, slug);
      expect(errors).toMatchObject([{ extensions }]);
    });

    it('answers queries', async () => {
      expect(await ask('{ count }')).toEqual({ data: { count: expect.any(Number) as number } });
    });

    it('sends exceptions to the clients of WebSockets', () => {
      const events = ['count', 'unscoped', 'conflict', 'refused'];
      const url = `ws://127.0.0.1:${server.port}/ws`;
      const output = getApp().run(
        process.execPath,
        '--input-type=module',
        '--eval',
        CLIENT,
        url,
        ...events,
      );
      expect(JSON.parse(output)).toMatchObject([
        { event: 'exception', data: { code: 'TENANT_CONTEXT_MISSING', status: 400 } },
        { event: 'exception', data: { code: 'INTERNAL_SERVER_ERROR', status: 500 } },
        { event: 'exception', data: { code: 'CONFLICT', detail: 'Stale', version: 3 } },
        { event: 'exception', data: { code: 'BAD_REQUEST', detail: 'Not here' } },
      ]);
      expect(output).not.toMatch(/insert into|select /i);
    });

    it('logs what failed', async () => {
      await eventually(() => server.output().includes('no tenant: ws: '));
      expect(server.output()).toMatch(/ ERROR .*acme: graphql: .*Failed query: insert into/i);
      expect(server.output()).toMatch(/ ERROR .*no tenant: ws: .*TenantContextMissingError/);
      expect(server.output()).not.toMatch(/Secret|is not a function/);
    });
  });
}

/** Sends events one by one, and prints what each is answered. */
const CLIENT = `
  import { once } from 'node:events';
  import { WebSocket } from 'ws';
  const [, url, ...events] = process.argv;
  const socket = new WebSocket(url);
  await once(socket, 'open');
  const answers = [];
  for (const event of events) {
    socket.send(JSON.stringify({ event, data: {} }));
    const [answer] = await once(socket, 'message');
    answers.push(JSON.parse(answer.toString()));
  }
  console.log(JSON.stringify(answers));
  socket.close();
`;

/** As a user would. */
function addTransports(app: GeneratedApp, platform: Combination['platform']): void {
  const src = join(app.directory, 'src');
  const edit = (file: string, change: (text: string) => string) =>
    writeFileSync(join(src, file), change(readFileSync(join(src, file), 'utf8')));

  app.run('npm', 'install', '--no-audit', '--no-fund', ...PACKAGES, INTEGRATIONS[platform]);
  mkdirSync(join(src, 'transports'));
  writeFileSync(join(src, 'transports/transports.ts'), TRANSPORTS);
  edit('users/users.module.ts', (text) =>
    text
      .replace('providers: [', 'providers: [NotesResolver, NotesGateway, ')
      .replace(/^/, "import { NotesGateway, NotesResolver } from '../transports/transports.js';\n"),
  );
  edit('app.module.ts', (text) =>
    text
      .replace('imports: [', 'imports: [graphql, ')
      .replace(/^/, "import { graphql } from './transports/transports.js';\n"),
  );
  edit('main.ts', (text) =>
    text
      .replace('app.enableShutdownHooks();', '$&\n  app.useWebSocketAdapter(new WsAdapter(app));')
      .replace(/^/, "import { WsAdapter } from '@nestjs/platform-ws';\n"),
  );
  app.run('npm', 'run', 'build');
}

const TRANSPORTS = `
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { ConflictException, UseFilters, UseGuards } from '@nestjs/common';
import { Args, GraphQLModule, Int, Query, Resolver } from '@nestjs/graphql';
import { SubscribeMessage, WebSocketGateway, WsException } from '@nestjs/websockets';
import { GraphQLError } from 'graphql';
import { ProblemDetailsFilter } from '../problem-details/problem-details.filter.js';
import { WithoutTenant } from '../tenancy/tenant.decorators.js';
import { TenantGuard } from '../tenancy/tenant.guard.js';
import { UsersService } from '../users/users.service.js';

export const graphql = GraphQLModule.forRoot<ApolloDriverConfig>({
  driver: ApolloDriver,
  autoSchemaFile: true,
});

@Resolver()
export class NotesResolver {
  constructor(private readonly users: UsersService) {}

  @Query(() => Int)
  async count() {
    const { items } = await this.users.findAll({ limit: 100, offset: 0 });
    return items.length;
  }

  @Query(() => Int)
  async find(@Args('id', { type: () => Int }) id: number) {
    return (await this.users.findOne(id)).id;
  }

  @Query(() => Int)
  async fail() {
    return (await this.users.create({ name: 'Secret Name', email: null as unknown as string })).id;
  }

  @Query(() => Int)
  @WithoutTenant()
  unscoped() {
    return this.count();
  }

  @Query(() => Int)
  tooMuch() {
    throw new GraphQLError('Too much', { extensions: { code: 'TOO_MUCH', limit: 3 } });
  }
}

// Nest has gateways name what applies to them.
@WebSocketGateway({ path: '/ws' })
@UseFilters(ProblemDetailsFilter)
@UseGuards(TenantGuard)
export class NotesGateway {
  constructor(private readonly users: UsersService) {}

  @SubscribeMessage('count')
  async count() {
    const { items } = await this.users.findAll({ limit: 100, offset: 0 });
    return items;
  }

  @SubscribeMessage('unscoped')
  @WithoutTenant()
  unscoped() {
    return this.count();
  }

  @SubscribeMessage('conflict')
  @WithoutTenant()
  conflict() {
    throw new ConflictException({ message: 'Stale', version: 3 });
  }

  @SubscribeMessage('refused')
  @WithoutTenant()
  refused() {
    throw new WsException('Not here');
  }
}
`;
