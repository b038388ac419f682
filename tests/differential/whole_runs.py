"""Runs whole programs, on a loop or in a Runner."""

import asyncio

from words import CAUGHT, describe, show, state

LAST_TURNS = 4  # what was cancelled last may still hand on what it had


class WholeRuns:
    def run(self):
        try:
            if self.program["runs"] is not None:
                self.run_with_runner()
            else:
                self.run_on_loop()
        finally:
            self.tracing = False
            self.loop.close()
        return self.trace

    def run_on_loop(self):
        self.outcome("main", self.coroutine("main", self.program["main"]))
        self.log_states()
        pending = sorted(self.unfinished(), key=self.names.get)
        if pending:
            self.outcome("shutdown", self.shutdown(pending))
            self.log_states()
        if self.generators and not self.busy:
            # Who closes one meanwhile waits there, or fails here: see departures.md.
            self.busy.update(self.generators)
            self.outcome("asyncgens", self.loop.shutdown_asyncgens())

    def outcome(self, label, coroutine):
        self.note_outcome(label, lambda: self.loop.run_until_complete(coroutine))
        self.run_on(label)

    def note_outcome(self, label, run):
        try:
            self.log(f"{label} -> {show(run())}")
        except CAUGHT as error:
            self.log(f"{label} !! {describe(error)}")

    async def shutdown(self, pending):
        for task in pending:
            task.cancel()
        await asyncio.wait(pending)
        for _ in range(LAST_TURNS):
            await asyncio.sleep(0)

    def unfinished(self):
        return [task for task in self.names if not task.done()]

    def log_states(self):
        for name in sorted(self.futures):
            self.log(f"{name} is {state(self.futures[name])}")
        self.log(f"unfinished: {show(sorted(self.names[task] for task in self.unfinished()))}")
