import { Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { environment } from './environment.js';

/** Reads `.env` and the environment once, for the application and for its command line. */
@Module({
  imports: [ConfigModule.forRoot({ isGlobal: true, load: [environment] })],
})
export class EnvironmentModule {}
