/**
 * The error of a future, and its report if nobody ever fetches it.
 *
 * @module
 */
import type { Context } from "../context.ts";
import type { Scheduler } from "../handle.ts";
import type { Runnable } from "../_base/roles.ts";
import { withoutFrames } from "../_base/error_text.ts";
import { isInstance } from "../_base/repr.ts";

/** What the registry keeps. It must not reach the future, or that is never collected. */
interface Report {
  readonly kind: string;
  readonly owner: string;
  readonly scheduler: Scheduler;
  readonly context: Context | undefined;
  readonly sourceTraceback: string | undefined;
  fetched: boolean;
  /** A copy: V8 keeps the receivers of an error's frames, and so the task that failed. */
  copy: unknown;
  /** The error itself, where something else still holds it. */
  original: WeakRef<WeakKey> | undefined;
}

const unfetched = new FinalizationRegistry<Report>((report) => {
  if (report.fetched) return;
  const { scheduler, context, sourceTraceback } = report;
  const call = (): void =>
    scheduler.callExceptionHandler({
      message: `${report.kind} exception was never retrieved`,
      exception: report.original?.deref() ?? report.copy,
      future: report.owner,
      ...sourceTraceback === undefined ? {} : { sourceTraceback },
    });
  if (context === undefined) call();
  else context.run(call);
});

/** The error of one future. */
export class Failure implements Runnable {
  /** The error. */
  readonly error: unknown;
  readonly #report: Report;

  constructor(
    future: object,
    error: unknown,
    report: Omit<Report, "fetched" | "copy" | "original">,
  ) {
    this.error = error;
    this.#report = {
      ...report,
      fetched: false,
      copy: undefined,
      original: undefined,
    };
    unfetched.register(future, this.#report);
  }

  /** Hands the error to someone who asks for it. */
  fetch(): unknown {
    this.#report.fetched = true;
    this.#report.copy = undefined;
    return this.error;
  }

  /** Keeps a copy for the report. Who waited has had its turn and fetched the error. */
  _run(): void {
    const { error } = this;
    if (this.#report.fetched) return;
    this.#report.copy = withoutFrames(error);
    if (isInstance(error, Error)) this.#report.original = new WeakRef(error);
  }
}
