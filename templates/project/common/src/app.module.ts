import { Module, ValidationPipe } from '@nestjs/common';
import { APP_FILTER, APP_PIPE } from '@nestjs/core';
import { AppController } from './app.controller.js';
import { InputPipe } from './common/input.pipe.js';
import { EnvironmentModule } from './config/environment.module.js';
import { ProblemDetailsFilter } from './problem-details/problem-details.filter.js';
import { GracefulShutdown } from './server/graceful-shutdown.js';
import { ServerModule } from './server/server.module.js';

@Module({
  imports: [EnvironmentModule, ServerModule],
  controllers: [AppController],
  providers: [
    // In this module, because Nest ends it before all others.
    GracefulShutdown,
    // Global pipes and filters are providers, so that tests of this module have them too.
    { provide: APP_FILTER, useClass: ProblemDetailsFilter },
    { provide: APP_PIPE, useClass: InputPipe },
    {
      provide: APP_PIPE,
      useValue: new ValidationPipe({
        transform: true,
        whitelist: true,
        forbidNonWhitelisted: true,
      }),
    },
  ],
})
export class AppModule {}
