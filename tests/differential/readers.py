"""The statements of readers."""

import asyncio

from words import UserError


class Again(Exception):
    """Another read has taken what a search has looked at."""


class Reader(asyncio.StreamReader):
    """A reader as this library's is: departures.md has each difference and its reason."""

    fed = 0
    is_cut_off = False
    hidden = None

    def feed_data(self, data):
        if self._eof:
            raise RuntimeError
        self.fed += len(data)
        super().feed_data(data)

    def set_exception(self, error):
        self.is_cut_off = self.is_cut_off or not self._eof
        super().set_exception(error)

    async def read(self, n):
        if self._exception is not None:
            raise self._exception
        if n < 0:
            return await self.read_all()
        while n > 0 and not self._buffer and not self._eof:
            await self._wait_for_data("read")
        data = bytes(self._buffer[:n])
        del self._buffer[:n]
        return data

    async def read_all(self):
        data = bytearray()
        try:
            while True:
                data += self._buffer
                self._buffer.clear()
                if self._eof:
                    return bytes(data)
                await self._wait_for_data("read")
                if self._exception is not None and self.is_cut_off:
                    raise self._exception
        except BaseException:
            self._buffer[:0] = data
            raise

    async def readuntil(self, separator=b"\n"):
        try:
            while True:
                try:
                    return await super().readuntil(separator)
                except Again:
                    # The search goes on, so an error that came after the bytes comes after.
                    self.hidden, self._exception = self._exception, None
        finally:
            self.unhide()

    def unhide(self):
        if self.hidden is not None:
            self._exception, self.hidden = self.hidden, None

    async def _wait_for_data(self, name):
        self.unhide()
        if self._waiter is not None:
            raise RuntimeError
        if self._exception is not None:
            raise self._exception
        taken = self.fed - len(self._buffer)
        waiter = self._waiter = self._loop.create_future()
        try:
            await waiter
        except UserError:
            raise self._exception
        finally:
            if self._waiter is waiter:
                self._waiter = None
        if name == "readuntil" and taken != self.fed - len(self._buffer):
            raise Again


class Readers:
    async def reader_read(self, name, count):
        return await self.objects[name].read(count)

    async def reader_exactly(self, name, count):
        return await self.objects[name].readexactly(count)

    async def reader_line(self, name):
        return await self.objects[name].readline()

    async def reader_until(self, name, separators):
        return await self.objects[name].readuntil(tuple(each.encode() for each in separators))

    waits = {
        "reader.read": reader_read,
        "reader.exactly": reader_exactly,
        "reader.line": reader_line,
        "reader.until": reader_until,
    }

    def reader_feed(self, name, text):
        return self.objects[name].feed_data(text.encode())

    def reader_eof(self, name):
        return self.objects[name].feed_eof()

    def reader_fail(self, name, code):
        return self.objects[name].set_exception(UserError(code))

    def reader_state(self, name):
        reader = self.objects[name]
        return [reader.at_eof(), reader.exception()]

    acts = {
        "reader.feed": reader_feed,
        "reader.eof": reader_eof,
        "reader.fail": reader_fail,
        "reader.state": reader_state,
    }
