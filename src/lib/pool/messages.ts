/**
 * Messages of the extended protocol, as the bytes that go out. Without a Sync: what stands behind
 * them is in the same transaction.
 *
 * @see https://www.postgresql.org/docs/current/protocol-message-formats.html
 */

/** Parses, binds and executes a statement that has no name, and leaves nothing behind. */
export function executeOnce(sql: string, parameters: readonly string[] = []): Buffer {
  return Buffer.concat([parse('', sql), execute('', parameters)]);
}

/** Prepares a statement under a name that nothing has, or that was closed. */
export function parse(name: string, sql: string): Buffer {
  // Statement, text, no parameter types.
  return message('P', text(name), text(sql), int16(0));
}

/** Closes a prepared statement. To close what is not there is no error. */
export function closeStatement(name: string): Buffer {
  return message('C', Buffer.from('S'), text(name));
}

/** Runs a statement that was parsed, to its end. */
export function execute(name: string, parameters: readonly string[]): Buffer {
  const values = parameters.map((value) => Buffer.from(value));
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
