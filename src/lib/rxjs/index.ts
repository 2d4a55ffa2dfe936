export { keepTenant } from './keep-tenant.js';
