/**
 * The members of a problem that an exception brings along, where it is given more than a text. Nest's
 * own names become those of RFC 9457.
 *
 * @param title the name of its status
 */
export function membersOf(
  response: unknown,
  title: string,
): Record<string, unknown> {
  // What an error says that is inside of an exception was not written for clients.
  if (typeof response !== 'object' || response === null) return {};
  if (response instanceof Error) return {};

  const { message, error, errorCode, ...members } = plain(response);
  delete members['statusCode'];
  if (error && error !== title) members['error'] = error;
  if (typeof message === 'string') {
    members['detail'] ??= message;
  } else if (message) {
    // ValidationPipe: its findings.
    members['errors'] ??= message;
    members['code'] ??= 'VALIDATION_FAILED';
    if (isTexts(message)) members['detail'] ??= message.join('; ');
  }
  members['code'] ??= errorCode;
  for (const name of ['type', 'title', 'detail', 'code']) {
    if (typeof members[name] !== 'string') delete members[name];
  }
  return members;
}

/** What JSON can say of it, without errors: ORMs put statements and their parameters into theirs. */
function plain(response: object): Record<string, unknown> {
  try {
    return JSON.parse(
      JSON.stringify(response, (_name, value: unknown) =>
        value instanceof Error ? undefined : value,
      ),
    );
  } catch {
    // It refers to itself, or has a bigint.
    return {};
  }
}

function isTexts(value: unknown): value is string[] {
  return (
    Array.isArray(value) && value.every((each) => typeof each === 'string')
  );
}
