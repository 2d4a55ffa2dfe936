/** A setting of the server and its value. */
export type Setting = readonly [name: string, value: string];

/**
 * Makes the settings for the rest of the transaction. set_config() stands where it is run (it never
 * returns null, so each of them is) and returns no row, which would be sent and read for nothing.
 */
function statement(
  settings: readonly Setting[],
  value: (setting: Setting, index: number) => string,
) {
  const calls = settings.map(
    (setting, index) =>
      `pg_catalog.set_config('${setting[0]}', ${value(setting, index)}, true) is null`,
  );
  return `select where ${calls.join(' or ')}`;
}

/** The settings as a statement in front of others, in a text of several. */
export function settingText(
  settings: readonly Setting[],
  quoteLiteral: (value: string) => string,
): string {
  return `${statement(settings, ([, value]) => quoteLiteral(value))}; `;
}

/**
 * The settings on the wire, without a Sync. They are the same for every statement of a tenant, so
 * they are written once, as the bytes that go out.
 *
 * @see https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
export class SettingMessages {
  /**
   * What the statement is called where it is prepared. A name stands for one text for ever: another
   * text needs another number, since poolers hand connections on to other versions of an application.
   */
  readonly name: string;
  readonly #settings: readonly Setting[];
  #prepared: Buffer | undefined;
  #unprepared: Buffer | undefined;

  constructor(settings: readonly Setting[]) {
    this.#settings = settings;
    this.name = `mt1_${settings.map(([name]) => name).join('_')}`;
  }

  /**
   * Prepares the statement under its name, also where it is: it was prepared and then failed, or a
   * pooler's client did it before. To close what is not there is no error.
   */
  get prepare(): Buffer {
    return Buffer.concat([message('C', Buffer.from('S'), text(this.name)), this.#parse(this.name)]);
  }

  /** Runs it where it is prepared. */
  get prepared(): Buffer {
    return (this.#prepared ??= this.#execute(this.name));
  }

  /** Runs it where it is not, and leaves nothing behind. */
  get unprepared(): Buffer {
    return (this.#unprepared ??= Buffer.concat([this.#parse(''), this.#execute('')]));
  }

  #parse(name: string): Buffer {
    const sql = statement(this.#settings, (_, index) => `$${index + 1}`);
    // Statement, text, no parameter types.
    return message('P', text(name), text(sql), int16(0));
  }

  #execute(name: string): Buffer {
    const values = this.#settings.map(([, value]) => Buffer.from(value));
    return Buffer.concat([
      // Portal, statement, no parameter formats, the parameters, no result formats.
      message(
        'B',
        text(''),
        text(name),
        int16(0),
        int16(values.length),
        ...values.flatMap((value) => [int32(value.length), value]),
        int16(0),
      ),
      // Portal, all rows.
      message('E', text(''), int32(0)),
    ]);
  }
}

function message(type: string, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  // The length counts itself.
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
}

function text(value: string): Buffer {
  return Buffer.from(`${value}\0`);
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
