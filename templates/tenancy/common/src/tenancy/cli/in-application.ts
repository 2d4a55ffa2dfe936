import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CliModule } from './cli.module.js';

/** Turns a function that needs the application into the action of a command. The application starts with the command, so that help works without a database. */
export function inApplication<Args extends unknown[]>(
  command: (app: INestApplicationContext, ...args: Args) => Promise<void>,
) {
  return async (...args: Args) => {
    const app = await NestFactory.createApplicationContext(CliModule, {
      logger: false,
      abortOnError: false,
    });
    try {
      await command(app, ...args);
    } finally {
      await app.close();
    }
  };
}
