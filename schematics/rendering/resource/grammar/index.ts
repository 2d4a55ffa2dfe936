export { grammarError } from './grammar-error';
export { type FieldScope, parseFields } from './parse-fields';
export { printField } from './print-fields';
