"""How runs end: Runner, stop(), KeyboardInterrupt, and the exception handler."""

import asyncio

from words import UserError

LAST_TURNS = 4  # what the last turn has called for still runs
MOST_RUNS = 4  # a run that was ended early goes on so often


def cancel_all_tasks(loop):
    """What Runner.close() does, in an order, and again for what clean-ups have begun.

    See departures.md.
    """
    while True:
        tasks = [task for task in loop.made if task and not task.done()]
        loop.asked = set()
        for task in tasks:
            task.cancel()
        loop.asked = None
        if tasks:
            loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        for task in tasks:
            if not task.cancelled() and task.exception() is not None:
                loop.call_exception_handler(
                    {
                        "message": "unhandled exception during asyncio.run() shutdown",
                        "exception": task.exception(),
                        "task": task,
                    }
                )
        for _ in range(LAST_TURNS):
            if loop._ready:
                loop.stop()
                loop.run_forever()
        if all(not task or task.done() for task in loop.made):
            break


asyncio.runners._cancel_all_tasks = cancel_all_tasks


class Ends:
    def __init__(self):
        super().__init__()
        self.loop.set_exception_handler(self.plain)
        self.loop.default_exception_handler = lambda context: self.report("default handler", context)

    def plain(self, loop, context):
        self.report("loop error", context)

    def failing(self, loop, context):
        if self.report("loop error", context):
            raise UserError("X9")

    def run_with_runner(self):
        runner = asyncio.Runner(loop_factory=lambda: self.loop)
        for number, main in enumerate([self.program["main"], *self.program["runs"]]):
            name = f"main{number or ''}"
            self.note_outcome(name, lambda: runner.run(self.coroutine(name, main)))
            self.run_on(name)
            self.log_states()
        self.note_outcome("close", runner.close)
        self.log_states()

    def run_on(self, name):
        """Goes on with a main task that a stop() or a KeyboardInterrupt has left."""
        task = next((task for task in self.names if self.names[task] == name), None)
        for _ in range(MOST_RUNS):
            if not self.was_ended or task is None or task.done():
                break
            self.was_ended = False
            self.note_outcome(name, lambda: self.loop.run_until_complete(task))
        self.was_ended = False

    was_ended = False

    def stop(self):
        self.was_ended = True
        self.loop.stop()

    def interrupt(self):
        self.was_ended = True
        raise KeyboardInterrupt

    def call_handler(self, code):
        self.loop.call_exception_handler({"message": "called", "exception": UserError(code)})

    def set_handler(self, kind):
        handlers = {"default": None, "failing": self.failing, "plain": self.plain}
        self.loop.set_exception_handler(handlers[kind])

    acts = {
        "stop": stop,
        "interrupt": interrupt,
        "callHandler": call_handler,
        "setHandler": set_handler,
    }
