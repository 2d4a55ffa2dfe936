/** `npm run tenant -- create acme`: how a script is run with arguments. */
export function runScript(packageManager: string, script: string, args = ''): string {
  if (args === '') return `${packageManager} run ${script}`;
  // pnpm and yarn hand over the separator too, to a command that does not expect it.
  return packageManager === 'npm'
    ? `npm run ${script} -- ${args}`
    : `${packageManager} run ${script} ${args}`;
}
