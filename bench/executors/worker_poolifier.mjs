/** The worker of poolifier. */
import run from "./jobs.mjs";

// Dynamic, as it is there only while the benchmark runs.
const { ThreadWorker } = await import("poolifier");

export default new ThreadWorker(run);
