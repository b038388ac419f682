"""The trace of a program, and the turns in it."""

import asyncio

from words import UNIT, kind_of_report

QUIET_TURNS = 6  # after so many turns without an event, turns are no longer counted


class Recording:
    def __init__(self):
        super().__init__()
        self.trace = []
        self.tracing = True
        self.turn = -1
        self.last_turn = 0

    def log(self, what):
        if not self.tracing:
            return
        running = asyncio._get_running_loop() is not None
        task = asyncio.current_task() if running else None
        if self.program["turns"] and running:
            if self.turn < 0:
                self.turn = 0
                self.loop.call_soon(self.on_turn)
            self.last_turn = self.turn
        who = self.names.get(task, "?") if task is not None else "-" if running else "="
        # What close() does when nothing is left to end takes turns of its own.
        turn = 0 if who == "=" and self.program["runs"] is not None else max(self.turn, 0)
        self.trace.append((round(self.loop.now * UNIT), turn, who, what + self.values()))

    def on_turn(self):
        self.turn += 1
        if self.turn - self.last_turn < QUIET_TURNS:
            self.loop.call_soon(self.on_turn)
        else:
            self.turn = -1

    def report(self, handler, context):
        """Notes what an exception handler was told; says whether it has."""
        # The first two come when the garbage collector likes. For the third see departures.md.
        silent = ["never retrieved", "destroyed", "shielded future"]
        if any(words in context["message"] for words in silent):
            return False
        self.log(f"{handler} {kind_of_report(context)}")
        return True
