import { writeFileSync } from "node:fs";

/** Of this process's memory nothing goes into a core dump: no private, shared, mapped or huge page, and no header. */
const NOTHING = "0";

/**
 * Keeps books and witnesses out of the core dump that a crash of Node, or SIGABRT, would leave. Threads and processes
 * that are started later are the same. Where the system is not Linux there is no such switch: see docs/SECURITY.md.
 */
export function keepOutOfCoreDumps(): void {
  try {
    writeFileSync("/proc/self/coredump_filter", NOTHING);
  } catch (error) {
    // Not Linux, or no /proc. Anything but the system's own refusal is a fault of ours.
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
  }
}
