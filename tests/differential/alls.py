"""`Promise.all()` of several waits: CPython has none. `All` is a model of it."""

import asyncio

from races import Telling
from twins import AtOnce
from words import UNIT


class Alls:
    async def all_(self, operands):
        waits = [self.bare_wait(operand) for operand in operands]
        outer = Telling(self.loop, lambda msg: [wait.cancel(msg) for wait in waits])

        def settled(wait):
            if not outer.done() and all(each.done() for each in waits):
                outer.set_result([each.result() for each in waits])

        for wait in waits:
            if wait.done():
                settled(wait)
            else:
                wait.add_done_callback(AtOnce(settled))
        return await outer

    def bare_wait(self, operand):
        """No task is made for one: it has a future alone."""
        kind, first, *rest = operand
        wait = self.loop.create_future()
        if kind == "event":
            event = self.objects[first]
            if event.is_set():
                wait.set_result(True)
            else:
                event._waiters.append(wait)
            return wait

        def finish():
            if not wait.done():
                wait.set_result(rest[0])

        timer = self.loop.call_later(first / UNIT, finish)
        wait.add_done_callback(AtOnce(lambda _: timer.cancel()))
        return wait

    waits = {"all": all_}
