/** Folders of the generated application that are no resources. */
const FOLDERS = words('common config database migrations problem-details tenancy');

/** Those that can be the singular of a resource: servers are in a folder of their own. */
const PLURALS = words('server');

/** Classes of these names would hide what the generated files use: globals, and what they import from Nest and the ORM. */
const CLASSES = words(`
  Array ArrayBuffer BigInt Boolean DataView Date Error Function Infinity Intl JSON Map Math NaN Number Object Omit
  Partial Pick Promise Proxy Readonly Record Reflect RegExp Required Set String Symbol WeakMap WeakSet
  Body Controller Delete Get HttpCode HttpStatus Injectable Module NotFoundException Param Patch Post Query
  InternalServerErrorException IsNull Not PreconditionFailedException UseInterceptors ParseIdPipe CreateDateColumn DeleteDateColumn EtagInterceptor IfMatch PageOf UpdateDateColumn VersionColumn Check Column Index JoinColumn ManyToOne PrimaryGeneratedColumn Relation Repository TenantEntity TypeOrmModule
  Database InjectDatabase InjectRepository`);

/** Reserved in modules, so no variable can be called so. */
const RESERVED = words(`
  arguments await break case catch class const continue debugger default delete do else enum eval export extends false
  finally for function if implements import in instanceof interface let new null package private protected public return
  static super switch this throw true try typeof undefined var void while with yield`);

/** What the templates call their own variables, parameters, methods and imports. */
const VARIABLES = words(`
  affected and changes create db eq findAll findOne findPage id input integer isNotNull isNull query refusalOf remove restore rowCount tenantSchema
  update version`);

/** What a table imports for its columns and constraints, or calls its own. */
const BUILDERS = words(`
  bigint boolean bytes check date doublePrecision duration foreignKey index int64 integer jsonb numeric smallint sql table text time
  timestamp uuid varchar`);

export function isTakenFolder(name: string): boolean {
  return FOLDERS.has(name);
}

/** Whether the folder of a resource cannot be called so. */
export function isTakenPlural(name: string): boolean {
  return PLURALS.has(name);
}

export function isTakenClass(name: string): boolean {
  return CLASSES.has(name);
}

/** Whether no variable of a generated file can have this name. */
export function isTakenVariable(name: string): boolean {
  return RESERVED.has(name) || VARIABLES.has(name) || BUILDERS.has(name);
}

function words(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/));
}
