/** A worker as one writes it by hand: a message a job. */
import { parentPort } from "node:worker_threads";
import run from "./jobs.mjs";

parentPort.on("message", ([id, x]) => parentPort.postMessage([id, run(x)]));
