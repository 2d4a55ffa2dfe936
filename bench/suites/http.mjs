// What does tenancy cost a request? Generated applications, each beside the same without tenancy: 16
// connections, requests of 32 clients, rounds by turns.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { onServerCores } from '../support/cores.mjs';
import { makeApps } from '../support/http-apps.mjs';
import { HttpServer } from '../support/http-server.mjs';
import { byTurns, median } from '../support/interleave.mjs';
import { startTenancy } from '../support/tenancy.mjs';

const CONNECTIONS = 16;
const CLIENTS = 32;
const ORMS = ['drizzle', 'typeorm'];
const PLATFORMS = ['express', 'fastify'];
const REQUESTS = ['list', 'one'];
/** With what repeats prepared, which is the default, and without. */
const SIDES = { prepared: {}, unprepared: { PREPARED_STATEMENTS: 'off' } };

const table = (schema) => `
  create table ${schema}"notes" (
    "id" integer primary key generated always as identity,
    "name" varchar(255) not null
  );
  insert into ${schema}"notes" ("name") select 'note ' || n from generate_series(1, 100) n;
`;

export const goals = {
  'prepared.tenant_vs_plain': { atLeast: 1 },
  'unprepared.tenant_vs_plain': { atLeast: 0.9 },
  cold_start_vs_plain: { atMost: 1.15 },
};

export async function run({ quick, short, isChosen, report }) {
  const times = quick
    ? { instances: 1, warmUps: 1, rounds: 1, roundMs: 500 }
    : { instances: short ? 2 : 4, warmUps: 3, rounds: short ? 3 : 4, roundMs: 1_500 };
  const results = [];
  const chosen = ORMS.flatMap((orm) => PLATFORMS.map((platform) => ({ orm, platform }))).filter(
    ({ orm, platform }) => isChosen(`${orm}.${platform}`),
  );
  if (chosen.length === 0)
    throw new Error('--only takes drizzle.express, typeorm.fastify and so on.');
  const folder = mkdtempSync(join(tmpdir(), 'mt-bench-http-'));
  try {
    for (const { orm, platform } of chosen) {
      makeApps(folder, orm, platform, report);
    }
    await onServerCores(async () => {
      const database = await startDatabase(quick ? 4 : 100, report);
      try {
        for (const { orm, platform } of chosen) {
          const name = `${orm}.${platform}`;
          const app = join(folder, `${orm}-${platform}`);
          results.push(...(await compare(name, app, database, times, report)));
        }
      } finally {
        await database.stop();
      }
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return { results: [...leasts(results), ...results] };
}

async function startDatabase(count, report) {
  const tenancy = await startTenancy(count, report, table('"$tenant".'));
  const admin = new pg.Client({ connectionString: tenancy.superuserConnectionString });
  await admin.connect();
  const owner = new URL(tenancy.connectionString);
  const name = 'plain';
  await admin.query(`create database ${name} owner "${decodeURIComponent(owner.username)}"`);
  await admin.end();
  owner.pathname = `/${name}`;
  const plain = new pg.Client({ connectionString: owner.href });
  await plain.connect();
  await plain.query(`create schema if not exists public; ${table('public.')} analyze`);
  await plain.end();
  return {
    urls: { plain: owner.href, tenant: tenancy.connectionString },
    slugs: tenancy.tenants.map(({ slug }) => slug),
    stop: () => tenancy.stop(),
  };
}

/** The figures of one pair of applications. */
async function compare(name, app, { urls, slugs }, times, report) {
  const measured = { starts: [] };
  for (let instance = 0; instance < times.instances; instance++) {
    report(`${name} ${instance + 1}/${times.instances}`);
    const servers = {};
    try {
      await measure(servers, measured, app, { urls, slugs }, times);
    } finally {
      for (const server of Object.values(servers)) await server.stop();
    }
  }
  return [
    ...Object.keys(SIDES).flatMap((side) =>
      REQUESTS.flatMap((request) => {
        const samples = measured[`${side}.${request}`];
        return [
          figure(
            `${name}.${request}.${side}`,
            samples.map(({ rate }) => rate),
          ),
          figure(
            `${name}.${request}.${side}_cpu`,
            samples.map(({ cpu }) => cpu),
          ),
        ];
      }),
    ),
    figure(`${name}.cold_start`, measured.starts),
  ];
}

/** Starts each side once, into `servers`, and measures them by turns. */
async function measure(servers, measured, app, { urls, slugs }, times) {
  const sides = { plain: {}, ...SIDES };
  for (const [side, env] of Object.entries(sides)) {
    const kind = side === 'plain' ? 'plain' : 'tenant';
    servers[side] = await HttpServer.start(
      kind === 'plain' ? `${app}-plain` : app,
      { DATABASE_URL: urls[kind], DATABASE_POOL_SIZE: String(CONNECTIONS), ...env },
      requests('one', slugs)(),
      CLIENTS,
    );
  }
  measured.starts.push(servers.prepared.startMs / servers.plain.startMs);
  for (let round = -times.warmUps; round < times.rounds; round++) {
    for (const request of REQUESTS) {
      const next = requests(request, slugs);
      const answers = await byTurns(Object.keys(sides), times.roundMs, (side, milliseconds) =>
        servers[side].measure(next, milliseconds, CLIENTS),
      );
      if (round < 0) continue;
      for (const side of Object.keys(SIDES)) {
        (measured[`${side}.${request}`] ??= []).push({
          rate: answers[side].rate / answers.plain.rate,
          cpu: answers.plain.cpu / answers[side].cpu,
        });
      }
    }
  }
}

/** Requests of one kind, to one tenant after the other. */
function requests(kind, slugs) {
  let count = 0;
  return () => {
    count++;
    return {
      path: kind === 'list' ? '/notes' : `/notes/${(count % 100) + 1}`,
      headers: { 'x-tenant-id': slugs[count % slugs.length] },
    };
  };
}

/** The worst of each kind, which is what has a goal. */
function leasts(results) {
  const worst = (name, suffix, choose) => {
    const all = results.filter((result) => result.name.endsWith(suffix));
    const value = choose(...all.map((result) => result.value));
    return { ...all.find((result) => result.value === value), name };
  };
  return [
    ...Object.keys(SIDES).map((side) => worst(`${side}.tenant_vs_plain`, `.${side}`, Math.min)),
    worst('cold_start_vs_plain', '.cold_start', Math.max),
  ];
}

function figure(name, samples) {
  return { name, value: rounded(median(samples)), unit: 'ratio', samples: samples.map(rounded) };
}

function rounded(value) {
  return Math.round(value * 1_000) / 1_000;
}
