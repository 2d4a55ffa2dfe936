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
  // The message of an error inside of an exception was not written for clients.
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

/** The value as JSON, without errors in it: errors of ORMs hold statements and their parameters. */
function plain(response: object): Record<string, unknown> {
  try {
    return JSON.parse(
      JSON.stringify(response, (_name, value: unknown) =>
        value instanceof Error ? undefined : value,
      ),
    );
  } catch {
    // The value refers to itself, or holds a bigint.
    return {};
  }
}

function isTexts(value: unknown): value is string[] {
  return (
    Array.isArray(value) && value.every((each) => typeof each === 'string')
  );
}
