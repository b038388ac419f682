"""Races: CPython has but one, staggered_race(), which is private there."""

import asyncio
from asyncio.staggered import staggered_race

from twins import AtOnce, OnceTask, OrderedSet
from words import AllFailed, Missing, seconds


class Telling(asyncio.Future):
    """A future that says at once that it is cancelled."""

    def __init__(self, loop, on_cancel):
        super().__init__(loop=loop)
        self.on_cancel = on_cancel

    def cancel(self, msg=None):
        was_pending = super().cancel(msg)
        if was_pending:
            self.on_cancel(msg)
        return was_pending

    def release(self):
        if not self.done():
            self.set_result(None)


class Attempt(OnceTask):
    """A task of a staggered race; a set of them has the order in which they were made."""

    def __init__(self, race, *args, **options):
        self.race = race
        self.number = len(race.attempts)
        race.attempts.append(self)
        super().__init__(*args, **options)

    def __hash__(self):
        return self.number

    def cancel(self, msg=None):
        if asyncio.current_task(self.race.loop) in self.race.muted:
            return False
        return super().cancel(msg)


class TooLate(Exception):
    """What one that resists its cancel gives is dropped."""


class StaggeredRace:
    """The loop of a staggered race, which differs from CPython's in two things: departures.md."""

    def __init__(self, loop, is_eager):
        self.loop = loop
        self.is_eager = is_eager
        self.parent = asyncio.current_task()
        self.attempts = []
        self.muted = set()
        self.is_over = False
        self.winner = (None, None)

    def create_task(self, coroutine):
        return self.loop.note_task(lambda: Attempt(self, coroutine, loop=self.loop, eager_start=self.is_eager))

    def create_future(self):
        self.muted.discard(self.parent)
        return Telling(self.loop, self.cancel_all)

    def cancel_all(self, message):
        self.is_over = True
        for attempt in self.attempts:
            if not attempt.done():
                attempt.cancel(message)
        self.muted.add(self.parent)

    async def attempt(self, index, coroutine):
        result = await coroutine
        if self.is_over:
            raise TooLate
        self.is_over = True
        self.winner = (result, index)
        return result

    async def run(self, coroutines, delay):
        functions = [
            lambda index=index, each=each: self.attempt(index, each) for index, each in enumerate(coroutines)
        ]
        _, _, errors = await staggered_race(functions, delay, loop=self)
        return [*self.winner, [None if isinstance(error, TooLate) else error for error in errors]]


class Race:
    """What races.ts says of race() and firstSuccess()."""

    def __init__(self, loop, is_tolerant):
        self.loop = loop
        self.is_tolerant = is_tolerant
        self.futures = OrderedSet()
        self.running = OrderedSet()
        self.winner = None
        self.losers = None
        self.joining = None
        self.finish = Telling(loop, lambda _: self.end_losers())

    def succeeded(self, future):
        return not future.cancelled() and future.exception() is None

    def start(self, sources):
        winner = None
        for source in sources:
            is_future = asyncio.isfuture(source)
            if winner is not None and not is_future:
                source.close()
                continue
            future = asyncio.ensure_future(source)
            self.futures.add(future)
            has_won = not is_future and future.done() and (not self.is_tolerant or self.succeeded(future))
            if has_won and winner is None:
                winner = future

    def end_losers(self):
        if self.losers is not None:
            return
        self.losers = [
            future for future in self.futures if future is not self.winner and not (self.is_tolerant and future.done())
        ]
        for future in list(self.running):
            if future is not self.winner:
                future.cancel()

    def settled(self, future):
        if self.losers is None and not (self.is_tolerant and not self.succeeded(future)):
            self.winner = future
            self.end_losers()
        self.loop.call_soon(self.ended, future)

    def ended(self, future):
        self.running.discard(future)
        if not self.running and self.joining is not None:
            self.joining.release()
        if future is self.winner or not self.running:
            self.finish.release()

    async def join(self):
        cancelled = None
        while self.running:
            self.joining = Telling(self.loop, lambda _: None)
            try:
                await self.joining
            except asyncio.CancelledError as error:
                cancelled = cancelled or error
        if cancelled is not None:
            raise cancelled

    def report(self):
        for future in self.losers:
            if future.cancelled() or future.exception() is None:
                continue
            if not isinstance(future.exception(), asyncio.CancelledError):
                self.loop.call_exception_handler(
                    {"message": "a loser has failed", "exception": future.exception(), "future": future}
                )

    async def run(self, sources):
        self.start(sources)
        for future in self.futures:
            self.running.add(future)
            if future.done():
                self.settled(future)
            else:
                future.add_done_callback(AtOnce(self.settled))
            if self.winner is not None and future is not self.winner:
                future.cancel()
        try:
            await self.finish
        finally:
            self.end_losers()
            try:
                await self.join()
            finally:
                self.report()
        if self.winner is not None:
            return self.winner.result()
        raise AllFailed([self.error_of(future) for future in self.futures])

    def error_of(self, future):
        try:
            return future.exception()
        except asyncio.CancelledError as error:
            return error


class Races:
    async def staggered(self, operands, delay):
        coroutines = [self.operand(each) for each in operands]
        try:
            return await StaggeredRace(self.loop, self.program["eager"]).run(coroutines, seconds(delay))
        finally:
            for each in coroutines:
                each.close()

    async def race(self, operands):
        return await self.race_of(operands, False)

    async def first_success(self, operands):
        return await self.race_of(operands, True)

    async def race_of(self, operands, is_tolerant):
        sources = self.operands(operands)
        if not sources:
            raise Missing
        return await Race(self.loop, is_tolerant).run(sources)

    waits = {
        "staggered": staggered,
        "race": race,
        "firstSuccess": first_success,
    }
