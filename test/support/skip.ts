/** Leaves out a test that cannot run here, and says why beside its name. */
export function skip(context: Mocha.Context, why: string): never {
  if (context.test !== undefined) context.test.title += ` (skipped: ${why})`;
  return context.skip();
}
