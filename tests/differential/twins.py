"""CPython's classes as this library's are: departures.md has each and its reason."""

import asyncio
import sys
from asyncio.base_events import _run_until_complete_cb
from collections import deque


class Deadlock(Exception):
    """Nothing is ready and no timer is set."""


class AtOnce:
    """A done callback that is called by what settles its future, not in the turn after."""

    def __init__(self, callback):
        self.callback = callback

    def __call__(self, future):
        self.callback(future)


class OnceTask(asyncio.Task):
    """A task that the end of a run asks once, however many pass the cancel on. See departures.md."""

    def cancel(self, msg=None):
        asked = self.get_loop().asked
        if asked is not None:
            if self in asked:
                return not self.done()
            asked.add(self)
        taken = super().cancel(msg)
        if taken:
            # A gather gives it: CPython leaves that of an earlier cancel there. See departures.md.
            self._cancel_message = msg
        return taken


def once_task(loop, coroutine, **options):
    return OnceTask(coroutine, loop=loop, **options)


class VirtualLoop(asyncio.BaseEventLoop):
    """A loop whose time stands still, and jumps when there is nothing else to do."""

    def __init__(self):
        super().__init__()
        self.now = 0.0
        self.made = []
        self.asked = None
        self._selector = self
        self._asyncgens = OrderedSet()

    def time(self):
        return self.now

    def select(self, timeout):
        if timeout is None:
            raise Deadlock
        self.now += max(timeout, 0)
        return ()

    def _process_events(self, events):
        pass

    def run_until_complete(self, future):
        # A run that an error ended may leave the handle there that was to end it.
        self._ready = deque(each for each in self._ready if each._callback is not _run_until_complete_cb)
        return super().run_until_complete(future)

    def create_task(self, coro, **options):
        return self.note_task(lambda: super(VirtualLoop, self).create_task(coro, **options))

    def note_task(self, make):
        # One that starts eagerly makes its own tasks meanwhile.
        place = len(self.made)
        self.made.append(None)
        self.made[place] = make()
        return self.made[place]

    def call_soon(self, callback, *args, context=None):
        if isinstance(callback, AtOnce):
            return callback(*args)
        return super().call_soon(callback, *args, context=context)


class OrderedSet(dict):
    """A set that keeps the order of insertion: what CPython's sets do not."""

    def add(self, item):
        self[item] = None

    def discard(self, item):
        self.pop(item, None)


class OrderedGroup(asyncio.TaskGroup):
    """A group that cancels its tasks in order of creation. See departures.md.

    With a limit only so many of them run at once: a model of what task_group.ts says.
    """

    def __init__(self, limit=None):
        super().__init__()
        self._tasks = OrderedSet()
        self.slots = None if limit is None else asyncio.Semaphore(limit)

    def create_task(self, coroutine, **options):
        if self.slots is not None:
            coroutine = self.in_slot(coroutine)
        return super().create_task(coroutine, **options)

    async def in_slot(self, coroutine):
        await self.slots.acquire()
        try:
            result = await coroutine
        except asyncio.CancelledError:
            self.slots.release()
            raise
        # After an error nobody is to begin: the group ends.
        self.slots.release()
        return result


class Arrival:
    """One at a barrier: two of them are never equal, so none leaves in another's name."""

    place = None


class OrderlyBarrier(asyncio.Barrier):
    """A barrier whose places are given when all are there. See departures.md."""

    def __init__(self, parties):
        super().__init__(parties)
        self._arrivals = []

    async def wait(self):
        arrival = Arrival()
        async with self._cond:
            await self._block()
            self._arrivals.append(arrival)
            self._count = len(self._arrivals)
            try:
                if self._count < self._parties:
                    await self._wait()
                else:
                    for place, each in enumerate(self._arrivals):
                        each.place = place
                    await self._release()
            finally:
                self._arrivals.remove(arrival)
                self._count = len(self._arrivals)
                self._exit()
        return arrival.place


class Line:
    """Those who wait at a queue: who was woken is promised what it was woken for."""

    def __init__(self, queue, waiters, available):
        self.queue = queue
        self.waiters = waiters
        self.available = available
        self.promised = 0

    def __bool__(self):
        return bool(self.waiters)

    def popleft(self):
        """Called by CPython's own wake-ups, which take waiters out one by one."""
        waiter = self.waiters.popleft()
        if not waiter.done():
            self.promised += 1
        return waiter

    async def enter(self):
        """Waits, and gives how much there is for who has waited."""
        queue, add = self.queue, self.waiters.append
        while not queue._is_shutdown and self.available() <= self.promised:
            waiter = queue._get_loop().create_future()
            add(waiter)
            try:
                await waiter
            except BaseException:
                if waiter.done() and not waiter.cancelled():
                    self.promised -= 1
                    if self.available() > self.promised:
                        queue._wakeup_next(self)
                elif waiter in self.waiters:
                    self.waiters.remove(waiter)
                raise
            self.promised -= 1
            if self.available() > 0:
                return self.available()
            add = self.waiters.appendleft
        return self.available() - self.promised


class InOrder:
    """A queue that serves in the order of arrival. See departures.md."""

    def __init__(self, maxsize):
        super().__init__(maxsize)
        self._getters = Line(self, self._getters, self.qsize)
        self._putters = Line(self, self._putters, lambda: maxsize - self.qsize() if maxsize > 0 else sys.maxsize)

    async def get(self):
        if await self._getters.enter() <= 0:
            raise asyncio.QueueShutDown
        return self.get_nowait()

    async def put(self, item):
        await self._putters.enter()
        return self.put_nowait(item)


QUEUES = {
    "fifo": type("Fifo", (InOrder, asyncio.Queue), {}),
    "lifo": type("Lifo", (InOrder, asyncio.LifoQueue), {}),
    "priority": type("Priority", (InOrder, asyncio.PriorityQueue), {}),
}
