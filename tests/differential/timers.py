"""The statements of timers, those of time limits too."""

from words import UNIT, Missing, seconds


class Timers:
    def __init__(self):
        super().__init__()
        self.handles = {}

    def handle(self, name, body):
        def run():
            self.log(f"handle {name}")
            self.act(body)

        return run

    def call_soon(self, name, body, context=None):
        context = self.context(context)
        self.handles[name] = self.loop.call_soon(self.handle(name, body), context=context)

    def call_later(self, name, delay, body, context=None):
        context = self.context(context)
        self.handles[name] = self.loop.call_later(delay / UNIT, self.handle(name, body), context=context)

    def call_at(self, name, delay, body, context=None):
        when = self.loop.time() + delay / UNIT
        context = self.context(context)
        self.handles[name] = self.loop.call_at(when, self.handle(name, body), context=context)

    def cancel_handle(self, name):
        if name not in self.handles:
            raise Missing
        self.handles[name].cancel()

    def reschedule(self, name, delay):
        if name not in self.timeouts:
            raise Missing
        scope = self.timeouts[name]
        scope.reschedule(None if delay is None else self.loop.time() + seconds(delay))
        return None if scope.when() is None else round(scope.when() * UNIT)

    acts = {
        "callSoon": call_soon,
        "callLater": call_later,
        "callAt": call_at,
        "cancelHandle": cancel_handle,
        "reschedule": reschedule,
    }
