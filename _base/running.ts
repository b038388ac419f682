/**
 * Who runs now on this thread: the module-level state of the library, but for what
 * `_host/` knows of the host and what a worker of an executor is.
 *
 * The slots hold what stands on the call stack at this moment. Async functions
 * are resumed by the host, with no loop on the stack: for them, see `_host/async_context.ts`.
 *
 * @module
 */

/** The slots. They are typed by the modules that own their contents. */
export const running: {
  /** The loop whose code is on the call stack. */
  loop: unknown;
  /** The task whose step is on the call stack. */
  task: unknown;
  /** What resumes that step: the task, or an `await` of its async function. */
  driver: unknown;
  /** The context variables in force; `undefined` means the running task's, or the root's. */
  context: unknown;
  /** The context in force where no task and no callback runs. */
  rootContext: unknown;
  /** What `setEventLoop()` was given. */
  currentLoop: unknown;
  /** The clock of all loops that were given none. */
  systemClock: unknown;
  /** On hosts without async context: the loops between the start and the end of a run. */
  readonly activeLoops: Set<unknown>;
  /** What is being shown; empty but while a text is made. */
  readonly beingShown: Set<object>;
  /** How many words for a wait stand in those for another. */
  nestedWords: number;
  /** How many loops run in debug mode. */
  debugLoops: number;
  /** What the environment says of debug mode, once it was asked. */
  debugByEnvironment: boolean | undefined;
  /** Whether somebody looks at the errors that are about to end the program. */
  isUncaughtWatched: boolean;
  /** What cancels have thrown in async functions, for those that nobody awaits. */
  forgiven: WeakSet<WeakKey> | undefined;
  /** The lists of errors that nobody has fetched, of the loops that are not closed. */
  readonly unfetched: Set<unknown>;
  /** Stops to listen to the end of the program. */
  stopListeningToExit: (() => void) | undefined;
  /** The CancelledError without a message of the turn under way, if there was one. */
  cancelled: unknown;
  /** The errors that have no frame of a user yet: see `error_place.ts`. */
  readonly unplaced: WeakSet<Error>;
  /** Counts cancel requests. */
  requestCount: number;
  /** Counts tasks, for their default names. */
  taskCount: number;
  /** Who was said to wait for a future, by `futureAddToAwaitedBy()`. */
  awaitedBy: WeakMap<object, Set<object>> | undefined;
  /** Counts context variables, which are kept by their numbers. */
  contextVarCount: number;
  /** What each AbortSignal cancels: see `abort_signal.ts`. */
  readonly signals: WeakMap<AbortSignal, object>;
  /** Lets a loop go on that has used up its slice; in the order in which they have. */
  readonly restless: (() => void)[];
  /** When a loop has last let the host have its turn, by its clock. */
  gaveWayAt: number;
  /** How many waits in a row had nothing to wait for: see {@linkcode mustGiveWay}. */
  readyWaits: number;
  /** How many runs have ended in a row: see `_host/turn.ts`. */
  runs: number;
  /** The lines whose code starts a task eagerly, each inside the first step of the one before. */
  readonly starters: unknown[];
  /** In a worker: tells its pool of a process that has begun, or that is gone. */
  noteProcess:
    | ((pid: number, leadsGroup: boolean, lives: boolean) => void)
    | undefined;
  /**
   * Whether the task that is made now is the main one of a run that is about to begin: its
   * first turn is taken in the async context of whoever makes it.
   */
  beginsRun: boolean;
  /** The bursts of microtasks that somebody watches: see `microtasks.ts`. */
  readonly bursts: {
    /** How many clocks tick. */
    underWay: number;
    /** Is called as an `await` begins, while one ticks; gives what it has marked it with. */
    onAwait: (() => number | undefined) | undefined;
    /** The events that last until an outcome is delivered, by the code on the stack. */
    events: unknown[] | undefined;
  };
  /**
   * The waits that a `then()`, `catch()` or `finally()` of a user's has begun, and whether the
   * task that did it has ended since.
   */
  readonly callbackWaits: WeakMap<WeakKey, "of a task" | "left">;
  /** The cancels that are under way: see `cancelled.ts`. */
  readonly cancels: {
    /** How many stand in each other. */
    nested: number;
    /** Those that have to wait. */
    readonly toCome: Map<object, () => unknown>;
    /** Who was asked, where each is to be asked once. */
    asked: Set<object> | undefined;
    /** The tasks that pass one on now, each to the next. */
    path: Set<object>;
    /** Those of them that it has come back to. */
    readonly circles: Set<object>;
  };
} = {
  loop: undefined,
  task: undefined,
  driver: undefined,
  context: undefined,
  rootContext: undefined,
  currentLoop: undefined,
  systemClock: undefined,
  activeLoops: new Set(),
  beingShown: new Set(),
  nestedWords: 0,
  debugLoops: 0,
  debugByEnvironment: undefined,
  isUncaughtWatched: false,
  forgiven: undefined,
  unfetched: new Set(),
  stopListeningToExit: undefined,
  cancelled: undefined,
  noteProcess: undefined,
  unplaced: new WeakSet(),
  requestCount: 0,
  taskCount: 0,
  awaitedBy: undefined,
  contextVarCount: 0,
  signals: new WeakMap(),
  restless: [],
  gaveWayAt: 0,
  readyWaits: 0,
  runs: 0,
  starters: [],
  beginsRun: false,
  bursts: { underWay: 0, onAwait: undefined, events: undefined },
  callbackWaits: new WeakMap(),
  cancels: {
    nested: 0,
    toCome: new Map(),
    asked: undefined,
    path: new Set(),
    circles: new Set(),
  },
};

/** What stands on the call stack, of the slots of {@linkcode running}. */
export interface Slots {
  readonly loop: unknown;
  readonly task: unknown;
  readonly driver: unknown;
  readonly context: unknown;
}

/**
 * Takes the slots for code that runs within other code, outside of a turn of its loop.
 *
 * @returns What stood there, for {@linkcode putBack}.
 */
export function takeSlots(
  loop: unknown,
  task: unknown,
  driver: unknown,
  context?: unknown,
): Slots {
  const outer: Slots = {
    loop: running.loop,
    task: running.task,
    driver: running.driver,
    context: running.context,
  };
  running.loop = loop;
  running.task = task;
  running.driver = driver;
  running.context = context;
  return outer;
}

/** Puts back what {@linkcode takeSlots} has found. */
export function putBack(outer: Slots): void {
  running.loop = outer.loop;
  running.task = outer.task;
  running.driver = outer.driver;
  running.context = outer.context;
}

/** Calls `callback` in a context, whichever has been entered. */
export function callIn<R>(context: unknown, callback: () => R): R {
  const outer = running.context;
  running.context = context;
  try {
    return callback();
  } finally {
    running.context = outer;
  }
}

// So many that no program of ordinary size sees its order change, and so few that the host
// is kept waiting for no more than half a millisecond.
const MOST_READY_WAITS = 1024;

/** What a body yields that wants nothing but to go on in the next turn. */
export const NEXT_TURN: IteratorResult<undefined, never> = Object.freeze({
  done: false,
  value: undefined,
});

/**
 * Counts a wait that may have nothing to wait for. A task that does nothing else never
 * comes back to its loop, so that nobody else and no signal gets a turn. It is a count, not
 * a time, so that the order does not depend on the machine.
 *
 * @returns Whether it has to let the others have a turn first.
 */
export function mustGiveWay(): boolean {
  return running.readyWaits++ >= MOST_READY_WAITS;
}

/** As {@linkcode mustGiveWay}, of a wait that is counted elsewhere. */
export function wouldGiveWay(): boolean {
  return running.readyWaits >= MOST_READY_WAITS;
}

/** Makes the main future of a run that is about to begin. */
export function mainOf<F>(make: () => F): F {
  running.beginsRun = true;
  try {
    return make();
  } finally {
    running.beginsRun = false;
  }
}
