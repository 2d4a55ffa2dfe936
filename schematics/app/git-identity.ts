import { spawnSync } from 'node:child_process';

/** Whether git could commit here; true where there is no git, which then does nothing. */
export function hasGitIdentity(): boolean {
  const { status, error } = spawnSync('git', ['var', 'GIT_COMMITTER_IDENT'], { stdio: 'ignore' });
  return error !== undefined || status === 0;
}
