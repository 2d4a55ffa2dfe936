// One contestant as an HTTP server, in a process of its own. It is told which and on what database,
// and answers with its port or with why it does not start.
import { once } from 'node:events';
import { Catch } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

/** Says what went wrong, so that failures can be told apart. */
class ErrorFilter {
  catch(error, host) {
    const status = typeof error?.getStatus === 'function' ? error.getStatus() : 500;
    host
      .switchToHttp()
      .getResponse()
      .status(status)
      .json({ error: describe(error) });
  }
}
Catch()(ErrorFilter);

function describe(error) {
  // ORMs wrap what the driver threw, and repeat SQL and parameters in front of it.
  let root = error;
  while (root?.cause instanceof Error) root = root.cause;
  return [root?.code, root?.message ?? String(root)].filter(Boolean).join(' ').split('\n')[0];
}

process.on('disconnect', () => process.exit());
const [{ contestant, connection }] = await once(process, 'message');
try {
  const { createModule } = await import(`./${contestant.module}.mjs`);
  const module = await createModule(connection, contestant.settings);
  const application = await NestFactory.create(module, { logger: false, abortOnError: false });
  application.useGlobalFilters(new ErrorFilter());
  await application.listen(0, '127.0.0.1');
  process.send({ url: await application.getUrl() });
} catch (error) {
  process.send({ error: describe(error) });
}
