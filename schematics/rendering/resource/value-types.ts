import type { ResourceNames } from '../names';
import { columnTypeOf, typeNames } from './column-type';
import type { ResourceField } from './field';

/** What a type of the application's own is made of: `InvoiceStatus` and its values. */
export type ValuesView = {
  /** Relative to the project: `src/invoices/invoice-status.ts` */
  readonly path: string;
  /** `invoice-status` */
  readonly file: string;
  readonly type: string;
  /** `INVOICE_STATUSES` */
  readonly values: string;
  readonly literals: string;
};

/** The types of fields that take one of some values. */
export function valueTypes(
  names: ResourceNames,
  fields: readonly ResourceField[],
): readonly ValuesView[] {
  return fields.flatMap((field) => {
    const { values } = columnTypeOf(field, names);
    if (!values) return [];
    const called = typeNames(field, names);
    return [
      {
        path: `src/${names.plural.kebab}/${called.value.kebab}.ts`,
        file: called.value.kebab,
        type: called.value.pascal,
        values: called.values.constant,
        literals: values.map((value) => JSON.stringify(value)).join(', '),
      },
    ];
  });
}
