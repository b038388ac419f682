"""The statements of async generators."""

from words import CAUGHT, KINDS, Missing, UserError, describe

OVER = "over"


class AsyncGenerators:
    def __init__(self):
        super().__init__()
        self.generators = {}
        self.busy = set()
        self.suspended = set()  # those that stand at a yield

    def make_generator(self, name, items, kind, handler, final):
        self.generators[name] = self.generate(name, items, kind, handler, final)

    async def generate(self, name, items, kind, handler, final):
        self.log(f"begin {name}")
        try:
            for value, body in items:
                if await self.block(body):
                    return
                self.log(f"yield {value}")
                yield value
                self.log(f"resumed {name}")
        except KINDS[kind] as error:
            self.log(f"caught {describe(error)}")
            await self.block(handler, error)
        finally:
            # Left alone when the garbage collector closes it.
            if self.tracing:
                self.log(f"finally {name}")
                await self.block(final)

    def use(self, name):
        """Takes a generator for one task: what others do with it meanwhile is skipped."""
        if name not in self.generators or name in self.busy:
            raise Missing
        self.busy.add(name)
        return self.generators[name]

    async def used(self, name, start):
        generator = self.use(name)
        self.suspended.discard(name)
        try:
            value = await start(generator)
            if value is not None:
                self.suspended.add(name)
            return value
        except StopAsyncIteration:
            return OVER
        finally:
            self.busy.discard(name)

    async def next_of(self, name):
        return await self.used(name, lambda generator: generator.__anext__())

    async def throw_into(self, name, code):
        # What has ended, or not begun, takes it otherwise in JavaScript.
        if name not in self.suspended:
            raise Missing
        return await self.used(name, lambda generator: generator.athrow(UserError(code)))

    async def close_generator(self, name):
        return await self.used(name, lambda generator: generator.aclose())

    async def for_each(self, name, most, body):
        self.suspended.discard(name)
        try:
            returned = await self.loop_over(self.use(name), most, body)
        except Missing:
            self.log(f"forEach {name} skipped")
            return None
        except CAUGHT as error:
            self.busy.discard(name)
            self.log(f"forEach {name} !! {describe(error)}")
            raise
        self.busy.discard(name)
        self.log(f"forEach {name} left")
        return returned

    async def loop_over(self, generator, most, body):
        """As JavaScript's `for await`: it closes what it leaves, and what has thrown comes first."""
        returned = None
        async for item in generator:
            self.log(f"item {item}")
            try:
                returned = await self.block(body)
            except BaseException:
                if self.tracing:
                    try:
                        await generator.aclose()
                    except CAUGHT:
                        pass
                raise
            most -= 1
            if returned or most == 0:
                await generator.aclose()
                break
        return returned

    acts = {"agen": make_generator}
    waits = {
        "agen.next": next_of,
        "agen.throw": throw_into,
        "agen.close": close_generator,
    }
    compounds = {"forEach": for_each}
