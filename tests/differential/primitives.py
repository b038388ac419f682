"""The statements of locks, events, semaphores, conditions, barriers and queues."""

import asyncio

from twins import QUEUES, OrderlyBarrier


class Primitives:
    def __init__(self):
        super().__init__()
        self.count = 0

    def make_primitive(self, kind, args):
        match kind:
            case "lock":
                return asyncio.Lock()
            case "event":
                return asyncio.Event()
            case "semaphore":
                kind = asyncio.BoundedSemaphore if args[1] else asyncio.Semaphore
                return kind(args[0])
            case "condition":
                return asyncio.Condition(self.objects.get(args[0]))
            case "barrier":
                return OrderlyBarrier(args[0])
            case "queue":
                return QUEUES[args[0]](args[1])

    async def acquire(self, name):
        return await self.objects[name].acquire()

    async def wait_on(self, name):
        return await self.objects[name].wait()

    def check_own_section(self, name):
        if asyncio.current_task() not in self.sections.get(self.lock_of(name), ()):
            self.check_free_of_sections(name)

    async def condition_wait(self, name):
        self.check_own_section(name)
        return await self.objects[name].wait()

    async def condition_wait_for(self, name, least):
        self.check_own_section(name)
        return await self.objects[name].wait_for(lambda: self.count >= least)

    async def barrier_reset(self, name):
        return await self.objects[name].reset()

    async def barrier_abort(self, name):
        return await self.objects[name].abort()

    async def queue_put(self, name, value):
        return await self.objects[name].put(value)

    async def queue_get(self, name):
        return await self.objects[name].get()

    async def queue_join(self, name):
        return await self.objects[name].join()

    waits = {
        "acquire": acquire,
        "event.wait": wait_on,
        "condition.wait": condition_wait,
        "condition.waitFor": condition_wait_for,
        "barrier.wait": wait_on,
        "barrier.reset": barrier_reset,
        "barrier.abort": barrier_abort,
        "queue.put": queue_put,
        "queue.get": queue_get,
        "queue.join": queue_join,
    }

    def count_(self, amount):
        self.count += amount
        return self.count

    def release(self, name):
        self.check_free_of_sections(name)
        return self.objects[name].release()

    def locked(self, name):
        return self.objects[name].locked()

    def event_set(self, name):
        return self.objects[name].set()

    def event_clear(self, name):
        return self.objects[name].clear()

    def event_is_set(self, name):
        return self.objects[name].is_set()

    def condition_notify(self, name, count):
        return self.objects[name].notify(count)

    def condition_notify_all(self, name):
        return self.objects[name].notify_all()

    def barrier_state(self, name):
        barrier = self.objects[name]
        return [barrier.parties, barrier.n_waiting, barrier.broken]

    def queue_put_nowait(self, name, value):
        return self.objects[name].put_nowait(value)

    def queue_get_nowait(self, name):
        return self.objects[name].get_nowait()

    def queue_task_done(self, name):
        return self.objects[name].task_done()

    def queue_shutdown(self, name, immediate):
        return self.objects[name].shutdown(immediate)

    def queue_state(self, name):
        queue = self.objects[name]
        return [queue.qsize(), queue.empty(), queue.full()]

    acts = {
        "count": count_,
        "release": release,
        "locked": locked,
        "event.set": event_set,
        "event.clear": event_clear,
        "event.isSet": event_is_set,
        "condition.notify": condition_notify,
        "condition.notifyAll": condition_notify_all,
        "barrier.state": barrier_state,
        "queue.putNowait": queue_put_nowait,
        "queue.getNowait": queue_get_nowait,
        "queue.taskDone": queue_task_done,
        "queue.shutdown": queue_shutdown,
        "queue.state": queue_state,
    }
