export { grammarError } from './grammar-error';
export { parseFields } from './parse-fields';
export { printField } from './print-fields';
