import type { schema } from '@angular-devkit/core';
import type { OptionValue } from './parse-options';

/** Asks on the terminal for what a schema marks with `x-prompt`. */
export async function askQuestions(
  definitions: schema.PromptDefinition[],
): Promise<Record<string, OptionValue>> {
  // Loaded when there is something to ask, which most runs do not.
  const prompts = await import('@inquirer/prompts');
  const answers: Record<string, OptionValue> = {};
  for (const definition of definitions) {
    const { id, message, type, items = [] } = definition;
    if (type === 'confirmation') {
      answers[id] = await prompts.confirm({ message, default: definition.default === true });
    } else if (type === 'list') {
      const choices = items.map((item) =>
        typeof item === 'string'
          ? { name: item, value: item }
          : { name: item.label, value: item.value as string },
      );
      if (definition.multiselect) {
        answers[id] = await prompts.checkbox({ message, choices });
      } else {
        const preset = choices.find(({ value }) => value === definition.default)?.value;
        answers[id] = await prompts.select({ message, choices, default: preset });
      }
    } else {
      answers[id] = await askForText(definition);
    }
  }
  return answers;
}

async function askForText(definition: schema.PromptDefinition): Promise<OptionValue> {
  const { input } = await import('@inquirer/prompts');
  const isNumber =
    definition.propertyTypes.has('number') || definition.propertyTypes.has('integer');
  const read = (text: string): string | number => (isNumber ? Number(text) : text);
  const answer = await input({
    message: definition.message,
    default: definition.default === undefined ? undefined : String(definition.default),
    validate: async (text) => (await definition.validator?.(read(text))) ?? true,
  });
  return read(answer);
}
