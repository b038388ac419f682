"""The statements that run blocks."""

import asyncio
import contextlib

from twins import OrderedGroup
from words import CAUGHT, GROUPS, KINDS, Missing, describe, is_user_error, seconds, show, split


class Blocks:
    def __init__(self):
        super().__init__()
        self.kept = {}  # errors that handlers have kept
        self.timeouts = {}
        self.groups = {}
        self.sections = {}  # name of a lock -> tasks inside a `with` of it

    async def try_(self, body, kind, handler, final):
        try:
            try:
                return await self.block(body)
            except KINDS[kind] as error:
                self.log(f"caught {describe(error)}")
                return await self.block(handler, error)
        finally:
            # Left alone when the garbage collector closes an unfinished coroutine.
            if final is not None and self.tracing:
                self.log("finally")
                await self.block(final)

    async def split(self, body, code, handler):
        """What `except*` does of the groups."""
        try:
            return await self.block(body)
        except GROUPS as group:
            taken, rest = split(group, is_user_error(code))
            if taken is None:
                raise
            self.log(f"caught {describe(taken)}")
            returned = await self.block(handler, taken)
            if rest is not None:
                raise rest
            return returned

    async def with_(self, name, body):
        try:
            async with self.objects[name]:
                self.log(f"with {name} entered")
                with self.section(name):
                    returned = await self.block(body)
        except CAUGHT as error:
            self.log(f"with {name} !! {describe(error)}")
            raise
        self.log(f"with {name} left")
        return returned

    @contextlib.contextmanager
    def section(self, name):
        tasks = self.sections.setdefault(self.lock_of(name), [])
        task = asyncio.current_task()
        tasks.append(task)
        try:
            yield
        finally:
            tasks.remove(task)

    def lock_of(self, name):
        kind, *args = self.program["objects"][name]
        return args[0] or name if kind == "condition" else name

    def check_free_of_sections(self, name):
        """Nobody may release the lock of another's `with`: see departures.md."""
        if self.program["objects"][name][0] != "semaphore" and self.sections.get(self.lock_of(name)):
            raise Missing

    async def timeout(self, name, delay, body):
        return await self.timeout_block(name, asyncio.timeout(seconds(delay)), body)

    async def timeout_at(self, name, delay, body):
        when = None if delay is None else self.loop.time() + seconds(delay)
        return await self.timeout_block(name, asyncio.timeout_at(when), body)

    async def timeout_block(self, name, scope, body):
        self.timeouts[name] = scope
        try:
            async with scope:
                returned = await self.block(body)
        except CAUGHT as error:
            self.log(f"timeout {name} {show(scope.expired())} !! {describe(error)}")
            raise
        self.log(f"timeout {name} {show(scope.expired())} left")
        return returned

    async def group(self, name, body, limit=None):
        try:
            async with OrderedGroup(limit) as group:
                self.groups[name] = group
                returned = await self.block(body)
        except CAUGHT as error:
            self.log(f"group {name} !! {describe(error)}")
            raise
        self.log(f"group {name} left")
        return returned

    async def repeat(self, times, body):
        for _ in range(times):
            returned = await self.block(body)
            if returned:
                return returned
        return None

    compounds = {
        "try": try_,
        "split": split,
        "with": with_,
        "timeout": timeout,
        "timeoutAt": timeout_at,
        "group": group,
        "repeat": repeat,
    }
