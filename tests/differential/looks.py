"""What is asked of tasks, timers and time limits, and what is done to all tasks."""

import asyncio
import re

from words import UNIT, Missing


def eighths(when):
    return None if when is None else round(when * UNIT)


class Looks:
    def handle_state(self, name):
        if name not in self.handles:
            raise Missing
        handle = self.handles[name]
        when = handle.when() if isinstance(handle, asyncio.TimerHandle) else None
        return [handle.cancelled(), eighths(when)]

    def scope_state(self, name):
        if name not in self.timeouts:
            raise Missing
        scope = self.timeouts[name]
        return [eighths(scope.when()), scope.expired()]

    def name_set(self, name, value):
        self.task(name).set_name(value)

    def name_get(self, name):
        # Tasks are counted over all that the process has made.
        return re.sub(r"^Task-.*", "Task", self.task(name).get_name())

    def state_of(self, name):
        return re.match(r"<\w+ (\w+)", repr(self.future(name)))[1]

    def all_tasks(self):
        return sorted(self.names.get(task, "?") for task in asyncio.all_tasks(self.loop))

    def cancel_all(self):
        others = [task for task in self.unfinished() if task is not asyncio.current_task(self.loop)]
        return [task.cancel() for task in others]

    acts = {
        "handle.state": handle_state,
        "scope.state": scope_state,
        "name.set": name_set,
        "name.get": name_get,
        "repr": state_of,
        "allTasks": all_tasks,
        "cancelAll": cancel_all,
    }
