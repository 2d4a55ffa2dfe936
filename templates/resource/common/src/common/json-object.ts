/** An object as JSON has it: undefined is nothing that it could hold. */
export type JsonObject = Record<string, NonNullable<unknown> | null>;
