"""The statements of tasks and futures, and of what waits for them."""

import asyncio

from twins import OnceTask, once_task
from words import UNIT, Missing, UserError, UserGroup, describe, seconds, show, state


class Tasks:
    def __init__(self):
        super().__init__()
        self.callbacks = {}

    async def host(self, hops):
        """Promises of the host: nobody else runs meanwhile."""

    async def sleep(self, delay, value):
        return await asyncio.sleep(delay / UNIT, value)

    async def await_(self, operand):
        return await self.operand(operand)

    async def gather(self, operands, return_exceptions):
        return await asyncio.gather(*self.operands(operands), return_exceptions=return_exceptions)

    async def wait(self, names, timeout, return_when):
        by_future = {}
        for name in names:
            if name in self.futures:
                by_future.setdefault(self.futures[name], name)
        if not by_future:
            raise Missing
        done, pending = await asyncio.wait(
            list(by_future), timeout=seconds(timeout), return_when=getattr(asyncio, return_when)
        )
        return [[name for future, name in by_future.items() if future in part] for part in (done, pending)]

    async def wait_for(self, operand, timeout):
        return await asyncio.wait_for(self.operand(operand), seconds(timeout))

    async def shield(self, operand):
        return await asyncio.shield(self.operand(operand))

    async def as_completed(self, operands, timeout, mode, most):
        # CPython takes these in the order of a set: departures.md says what is left out.
        waiting = []
        allowed = 0 if any(operand[0] != "ref" for operand in operands) else 1
        names = {}
        for operand in operands:
            if operand[0] == "ref" and operand[1] not in self.futures:
                continue
            item = self.operand(operand)
            if operand[0] == "ref":
                if item in names:
                    continue
                names[item] = operand[1]
                if item.done():
                    allowed -= 1
                    if allowed < 0:
                        continue
            waiting.append(item)
        left = most
        if mode == "plain":
            for item in asyncio.as_completed(waiting, timeout=seconds(timeout)):
                try:
                    self.log(f"next -> {show(await item)}")
                except UserError as error:
                    self.log(f"next !! {describe(error)}")
                left -= 1
                if left == 0:
                    break
        else:
            async for future in asyncio.as_completed(waiting, timeout=seconds(timeout)):
                self.log(f"next {names.get(future, 'new')} {state(future)}")
                left -= 1
                if left == 0:
                    break
        return most - left

    waits = {
        "host": host,
        "sleep": sleep,
        "await": await_,
        "gather": gather,
        "wait": wait,
        "waitFor": wait_for,
        "shield": shield,
        "asCompleted": as_completed,
    }

    def raise_(self, code):
        raise UserError(code)

    def raise_group(self, codes):
        raise UserGroup("", [UserError(code) for code in codes])

    def raise_cancelled(self, message):
        raise asyncio.CancelledError() if message is None else asyncio.CancelledError(message)

    def create_task(self, name, eager, body, context=None):
        options = {"eager_start": True} if eager else {}
        context = self.context(context)
        self.keep(name, self.loop.create_task(self.coroutine(name, body), name=name, context=context, **options))

    def raise_kept(self, name):
        if name not in self.kept:
            raise Missing
        raise self.kept[name]

    def set_factory(self, kind):
        # The plain one is the judge's own: see OnceTask.
        self.loop.set_task_factory(asyncio.create_eager_task_factory(OnceTask) if kind == "eager" else once_task)

    def spawn(self, group, name, eager, body, context=None):
        if group not in self.groups:
            raise Missing
        options = {"eager_start": True} if eager else {}
        context = self.context(context)
        self.keep(name, self.groups[group].create_task(self.coroutine(name, body), name=name, context=context, **options))

    def keep(self, name, task):
        self.futures[name] = task
        self.names.setdefault(task, name)

    def gather_as(self, name, operands, return_exceptions):
        self.futures[name] = asyncio.gather(
            *self.operands(operands), return_exceptions=return_exceptions
        )

    def shield_as(self, name, operand):
        self.futures[name] = asyncio.shield(self.operand(operand))

    def cancel(self, name, message):
        return self.future(name).cancel(message)

    def uncancel(self, name):
        return self.task(name).uncancel()

    def cancelling(self, name):
        return self.task(name).cancelling()

    def inspect(self, name):
        return state(self.future(name))

    def result(self, name):
        return self.future(name).result()

    def exception(self, name):
        return self.future(name).exception()

    def set_result(self, name, value):
        self.future(name).set_result(value)

    def set_error(self, name, code):
        self.future(name).set_exception(UserError(code))

    def set_cancelled(self, name, message):
        error = asyncio.CancelledError() if message is None else asyncio.CancelledError(message)
        self.future(name).set_exception(error)

    def on_done(self, name, callback, body, context=None):
        future = self.future(name)

        def run(done):
            self.log(f"callback {callback} {show(done is future)} {state(done)}")
            self.act(body)

        options = {} if context is None else {"context": self.context(context)}
        self.callbacks[callback] = run
        future.add_done_callback(run, **options)

    def off_done(self, name, callback):
        if callback not in self.callbacks:
            raise Missing
        return self.future(name).remove_done_callback(self.callbacks[callback])

    acts = {
        "raise": raise_,
        "raiseGroup": raise_group,
        "raiseCancelled": raise_cancelled,
        "raiseKept": raise_kept,
        "task": create_task,
        "setFactory": set_factory,
        "spawn": spawn,
        "gatherAs": gather_as,
        "shieldAs": shield_as,
        "cancel": cancel,
        "uncancel": uncancel,
        "cancelling": cancelling,
        "inspect": inspect,
        "result": result,
        "exception": exception,
        "setResult": set_result,
        "setError": set_error,
        "setCancelled": set_cancelled,
        "onDone": on_done,
        "offDone": off_done,
    }
