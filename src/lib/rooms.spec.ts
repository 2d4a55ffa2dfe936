import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

/** From the ground up: a room knows those below it, and nothing of those above. */
const ROOMS = [
  'errors.ts',
  'option-checks.ts',
  'to-error.ts',
  'contained.ts',
  'poll.ts',
  'run-workers.ts',
  'text-hash.ts',
  'sql',
  'tenant',
  'context.ts',
  'per-tenant.ts',
  'rxjs',
  'embedded',
  'admission',
  'pool',
  'diagnostics',
  'scope',
  'connections',
  'roles',
  'registry',
  'isolation',
  'migrations',
  'lifecycle',
  'orm',
  'drizzle',
  'kysely',
  'typeorm',
  'index.ts',
];

const files = readdirSync(__dirname, { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'),
);

function importsOf(file: string): string[] {
  const path = join(__dirname, file);
  return [...readFileSync(path, 'utf8').matchAll(/^(?! \*).*from '(\.[^']+)\.js'/gm)].map(
    ([, name]) => relative(__dirname, resolve(dirname(path), `${name}.ts`)),
  );
}

const roomOf = (file: string): string => file.split('/')[0] ?? '';

it('has a place for each file', () => {
  const rooms = new Set(files.map(roomOf));
  expect([...rooms].filter((room) => !ROOMS.includes(room))).toEqual([]);
});

it('has arrows that point down alone', () => {
  const upward = files.flatMap((file) =>
    importsOf(file)
      .filter((other) => ROOMS.indexOf(roomOf(other)) > ROOMS.indexOf(roomOf(file)))
      .map((other) => `${file} → ${other}`),
  );
  // A type, of what the error tells.
  expect(upward).toEqual(['errors.ts → lifecycle/for-each-report.ts']);
});

it('has no circle of files', () => {
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (file: string, way: readonly string[]): void => {
    if (way.includes(file)) circles.push([...way.slice(way.indexOf(file)), file].join(' → '));
    if (done.has(file) || way.includes(file)) return;
    for (const other of importsOf(file)) visit(other, [...way, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
  expect(circles).toEqual([]);
});
