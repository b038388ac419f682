"""Gatherings with a limit: CPython has none. `Window` is a model of what gather.ts says."""

import asyncio
import contextvars

NO_MORE = object()


class Window(asyncio.Future):
    def __init__(self, sources, limit, return_exceptions, loop):
        super().__init__(loop=loop)
        self.count = len(sources)
        self.sources = iter(sources)
        self.limit = limit
        self.return_exceptions = return_exceptions
        self.context = contextvars.copy_context()
        self.children = []
        self.watched = set()
        self.ended = []
        self.has_more = True
        self.cancel_asked = None

    def fill(self):
        done_before = []
        while not self.done() and self.has_more and len(self.watched) < self.limit:
            source = next(self.sources, NO_MORE)
            if source is NO_MORE:
                self.has_more = False
                break
            child = asyncio.ensure_future(source)
            self.children.append(child)
            if not child.done():
                if child not in self.watched:
                    self.watched.add(child)
                    child.add_done_callback(self.child_ended, context=self.context)
            elif child not in self.watched:
                done_before.append(child)
            if self.cancel_asked is not None:
                child.cancel(*self.cancel_asked)
        for child in done_before:
            self.collect(child)
        self.end_if_all_have()
        return self

    def child_ended(self, child):
        self.watched.remove(child)
        self.ended.append(child)
        self.collect(child)
        if self.has_more:
            self.fill()
        else:
            self.end_if_all_have()

    def collect(self, child):
        error = error_of(child)
        if not self.done() and not self.return_exceptions and error is not None:
            self.set_exception(error)
            self.close_sources()

    def end_if_all_have(self):
        if self.done() or self.has_more or self.watched:
            return
        if self.cancel_asked is None:
            self.set_result([error_of(child) or child.result() for child in self.children])
        elif self.ended and self.ended[-1].cancelled():
            self.set_exception(error_of(self.ended[-1]))
        else:
            self.set_exception(asyncio.CancelledError(*self.cancel_asked))

    def cancel(self, msg=None):
        if self.done():
            return False
        taken = [child.cancel(msg) for child in self.children]
        # When all are done already, they settle this anyway.
        if not any(taken) and (not self.has_more or len(self.children) >= self.count):
            return False
        self.cancel_asked = () if msg is None else (msg,)
        self.close_sources()
        return True

    def close_sources(self):
        self.has_more = False
        for source in self.sources:
            if asyncio.iscoroutine(source):
                source.close()


def error_of(child):
    if not child.cancelled():
        return child.exception()
    try:
        child.result()
    except asyncio.CancelledError as error:
        return error


class Windows:
    def make_window(self, operands, limit, return_exceptions):
        return Window(self.operands(operands), limit, return_exceptions, self.loop).fill()

    async def window(self, operands, limit, return_exceptions):
        return await self.make_window(operands, limit, return_exceptions)

    def window_as(self, name, operands, limit, return_exceptions):
        self.futures[name] = self.make_window(operands, limit, return_exceptions)

    waits = {"window": window}
    acts = {"windowAs": window_as}
