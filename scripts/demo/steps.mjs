/** Runs the steps of the demo one by one, with a line of progress for each. */
export class Steps {
  #number = 0;
  #current = 'Reading the options';

  async run(title, work) {
    this.#current = title;
    this.#number += 1;
    process.stdout.write(`${String(this.#number).padStart(2)}. ${title}\n`);
    const start = performance.now();
    const result = await work((detail) => console.log(`      ${detail}`));
    console.log(`      done in ${((performance.now() - start) / 1000).toFixed(1)} s`);
    return result;
  }

  /** What to show for an error: the step that failed, and everything that is known about it. */
  failure(error) {
    return `\nFAILED: ${this.#current}\n${error.output ?? ''}${error.message}`;
  }
}
