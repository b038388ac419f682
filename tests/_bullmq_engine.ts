/**
 * BullMQ itself, and the client of Redis that it needs. They are dependencies of tests only.
 *
 * @module
 */
export { Redis as Client } from "npm:ioredis@6.0.0";
export * as bullmq from "npm:bullmq@6.7.0";
