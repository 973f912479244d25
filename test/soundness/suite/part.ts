/** How a run of the suite was asked for. */
export interface Setting {
  /** The whole suite, not the part of it that CI runs. */
  readonly long: boolean;
  /** Seed of this task: it alone, with `long`, decides what the task tries. */
  readonly seed: number;
}

/** What a task that found nothing wrong has to tell. */
export interface TaskReport {
  /** How many cases it tried. None is a failure, unless `leftOut` says why. */
  readonly cases: number;
  /** Why this machine allowed no case. */
  readonly leftOut?: string;
  /** One line for the reader, such as counts by kind. */
  readonly says?: string;
}

/** One job of a part. Tasks run in processes of their own, several at a time, in no order. */
export interface Task {
  /** Unique within its part, such as `lib/NettedPair(64)`. */
  readonly name: string;
  /** Seconds it takes in CI on an idle core, roughly: the longest begin first. */
  readonly seconds: number;
  /**
   * Tries its cases and tells its progress, a share from 0 to 1.
   * @throws whatever says best what was wrongly accepted, refused or missed. The runner adds how to run the task alone.
   */
  run(setting: Setting, progress: (share: number) => void): Promise<TaskReport>;
}

/** One check of the suite. */
export interface Part {
  readonly name: string;
  /** One line: what it shows. */
  readonly about: string;
  /** The tasks are the same in every process; `long` may make them more. */
  readonly tasks: (long: boolean) => readonly Task[];
}
