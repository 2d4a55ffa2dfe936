export function npm(
  args: readonly string[],
  machine?: Pick<NodeJS.Process, 'platform' | 'execPath' | 'env'>,
): [string, string[]];
