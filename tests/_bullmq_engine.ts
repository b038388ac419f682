/**
 * BullMQ itself, and the client of Redis that it needs. They are dependencies of tests only.
 *
 * @module
 */
// deno-lint-ignore-file no-import-prefix -- users hand in their own
import "npm:ioredis@6.0.0";
export * as bullmq from "npm:bullmq@6.7.0";
