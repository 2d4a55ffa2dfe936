import { Controller, Get } from '@nestjs/common';
import { WithoutTenant } from './tenancy/tenant.decorators.js';

@Controller()
export class AppController {
  @Get()
  @WithoutTenant()
  getStatus() {
    return { status: 'ok' };
  }
}
