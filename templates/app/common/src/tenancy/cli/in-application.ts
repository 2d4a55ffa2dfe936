import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CliModule } from './cli.module.js';

/** Makes a command's action of a function that needs the application. It is started only for the command: help works without a database. */
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
