/** The worker of the kit in a browser: the page makes it. */
import { jobs } from "../executor_testing.ts";
import { serveJobs } from "../worker.ts";

serveJobs(jobs);
