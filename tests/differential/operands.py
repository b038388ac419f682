"""What statements are given: futures and tasks by their names, coroutines, sleeps."""

import asyncio

from words import UNIT, Missing


class Operands:
    def future(self, name):
        if name == "self":
            task = asyncio.current_task()
            if task is None:
                raise Missing
            return task
        if name not in self.futures:
            raise Missing
        return self.futures[name]

    def task(self, name):
        task = self.future(name)
        if not isinstance(task, asyncio.Task):
            raise Missing
        return task

    def operands(self, operands):
        """The operands of which the names exist."""
        present = [each for each in operands if each[0] != "ref" or each[1] in self.futures]
        return [self.operand(operand) for operand in present]

    def operand(self, operand):
        match operand:
            case ["ref", name]:
                return self.future(name)
            case ["coro", name, block]:
                return self.coroutine(name, block)
            case ["sleep", delay, value]:
                return asyncio.sleep(delay / UNIT, value)
