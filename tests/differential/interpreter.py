"""Runs the programs of generate.ts on CPython's asyncio, in virtual time.

`run_batch` takes a JSON list of programs and gives a JSON list of traces.
What the statements mean is written down in README.md; interpreter.ts is the
same in TypeScript.
"""

import asyncio
import gc
import json
import sys
import warnings

from alls import Alls
from asyncgens import AsyncGenerators
from blocks import Blocks
from contexts import Contexts
from ends import Ends
from looks import Looks
from operands import Operands
from primitives import Primitives
from races import Races
from readers import Reader, Readers
from recording import Recording
from tasks import Tasks
from timers import Timers
from twins import OnceTask, VirtualLoop, once_task
from whole_runs import WholeRuns
from windows import Windows
from words import CAUGHT, Missing, describe, label_of, show

# What the statements of each theme do stands in its module.
THEMES = (Alls, AsyncGenerators, Blocks, Contexts, Ends, Looks, Primitives, Races, Readers, Tasks, Timers, Windows)


def merged(table):
    return {name: run for theme in THEMES for name, run in getattr(theme, table, {}).items()}


class Interpreter(*THEMES, Operands, Recording, WholeRuns):
    compounds = merged("compounds")
    waits = merged("waits")
    acts = merged("acts")
    raising = {"raise", "raiseGroup", "raiseCancelled", "raiseKept", "result", "exception", "interrupt"}

    def __init__(self, program):
        self.program = program
        self.loop = VirtualLoop()
        eager = asyncio.create_eager_task_factory(OnceTask)
        self.loop.set_task_factory(eager if program["eager"] else once_task)
        self.names = {}  # task -> name, in order of appearance
        self.futures = {}  # name -> future, task or gather
        self.objects = {}
        super().__init__()
        for name, (kind, *args) in program["objects"].items():
            self.make(name, kind, args)

    def make(self, name, kind, args):
        if kind == "future":
            self.futures[name] = self.loop.create_future()
        elif kind == "reader":
            self.objects[name] = Reader(*args, loop=self.loop)
        elif kind == "var":
            self.make_var(name, *args)
        else:
            self.objects[name] = self.make_primitive(kind, args)

    async def coroutine(self, name, block):
        self.names.setdefault(asyncio.current_task(), name)
        self.log(f"begin {name}")
        try:
            returned = await self.block(block)
        except CAUGHT as error:
            self.log(f"end {name} !! {describe(error)}")
            raise
        value = returned[0] if returned else None
        self.log(f"end {name} -> {show(value)}")
        return value

    async def block(self, block, caught=None):
        """Gives None, or [value] when a `return` was met."""
        for statement in block[1:]:
            compound = self.compounds.get(statement[0])
            if compound is not None:
                returned = await compound(self, *statement[1:])
                if returned:
                    return returned
            elif statement[0] == "return":
                return [statement[1]]
            elif statement[0] == "reraise":
                if caught is not None:
                    raise caught
            elif statement[0] == "keep":
                if caught is not None:
                    self.kept[statement[1]] = caught
                self.log(f"keep {statement[1]}")
            elif statement[0] in self.waits:
                await self.wait_for_statement(statement)
            else:
                self.do(statement)
        return None

    async def wait_for_statement(self, statement):
        label = label_of(*statement)
        try:
            value = await self.waits[statement[0]](self, *statement[1:])
        except Missing:
            self.log(f"{label} skipped")
        except CAUGHT as error:
            self.log(f"{label} !! {describe(error)}")
            raise
        else:
            self.log(f"{label} -> {show(value)}")

    def do(self, statement):
        """Runs a statement that does not wait. Misuse of a primitive is noted, not raised."""
        label = label_of(*statement)
        try:
            value = self.acts[statement[0]](self, *statement[1:])
        except Missing:
            self.log(f"{label} skipped")
        except CAUGHT as error:
            self.log(f"{label} !! {describe(error)}")
            if statement[0] in self.raising:
                raise
        else:
            self.log(f"{label} -> {show(value)}")

    def act(self, block):
        for statement in block[1:]:
            self.do(statement)


def run_safely(program):
    """Runs a program; what the interpreter itself dies of becomes the trace."""
    try:
        return Interpreter(program).run()
    except Exception as error:
        return [[0, 0, "!", f"Python interpreter crashed: {error!r}"]]


def run_batch(programs):
    """Runs a JSON list of programs and gives a JSON list of their traces."""
    warnings.simplefilter("ignore")
    sys.unraisablehook = lambda _: None
    # No collection in the middle of a run: it would close unfinished coroutines.
    gc.disable()
    outer = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    try:
        return json.dumps([run_safely(program) for program in json.loads(programs)])
    finally:
        asyncio._set_running_loop(outer)
        gc.collect()
        gc.enable()
