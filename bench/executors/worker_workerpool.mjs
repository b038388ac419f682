/** The worker of workerpool. */
import run from "./jobs.mjs";

// Dynamic, as it is there only while the benchmark runs.
const { default: workerpool } = await import("workerpool");

workerpool.worker({ run });
