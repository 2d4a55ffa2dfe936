import { Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { validateEnvironment } from './environment.js';

/** Reads `.env` and the environment once, for the application and for its command line. */
@Module({
  imports: [
    ConfigModule.forRoot({
      isGlobal: true,
      cache: true,
      validate: validateEnvironment,
      // ConfigService would give the text of an empty variable where none is set.
      skipProcessEnv: true,
    }),
  ],
})
export class EnvironmentModule {}
