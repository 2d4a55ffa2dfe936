/** set_config() stands where it is run and returns no row: a row would be sent and read for nothing. */
const SET_SEARCH_PATH = "select where set_config('search_path', $1, true) is null";

/**
 * The messages that set the search path for the rest of the transaction: Parse, Bind and Execute,
 * all of them unnamed and without a Sync. They are the same for every statement of a tenant, so
 * they are written once, as the bytes that go out.
 *
 * @see https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
export function searchPathMessages(searchPath: string): Buffer {
  const value = Buffer.from(searchPath);
  return Buffer.concat([
    // Statement, text, no parameter types.
    message('P', text(''), text(SET_SEARCH_PATH), int16(0)),
    // Portal, statement, no parameter formats, one parameter, no result formats.
    message('B', text(''), text(''), int16(0), int16(1), int32(value.length), value, int16(0)),
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
