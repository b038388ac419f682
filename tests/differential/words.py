"""The words that both interpreters share for results and errors."""

import asyncio
import json

UNIT = 8  # times in programs and traces are eighths of a second


# What statements note and throw on: not what the garbage collector closes coroutines with.
CAUGHT = (Exception, asyncio.CancelledError, KeyboardInterrupt)


# What a handler takes.
KINDS = {
    "all": CAUGHT,
    "error": Exception,
    "cancel": asyncio.CancelledError,
    "none": (),
}


class UserError(Exception):
    """An error of the program's own."""


class UserGroup(ExceptionGroup):
    """A group of such errors that the program itself raises."""

    def derive(self, errors):
        return UserGroup("", errors)


class AllFailed(Exception):
    """A group that may have CancelledErrors in it, and is an error all the same."""

    def __init__(self, exceptions):
        super().__init__()
        self.exceptions = exceptions

    def derive(self, errors):
        return AllFailed(errors)


GROUPS = (AllFailed, BaseExceptionGroup)


def split(group, matches):
    """What `ExceptionGroup.split()` gives, also of what is in it and of that class."""
    parts = [], []
    for error in group.exceptions:
        if isinstance(error, GROUPS):
            for part, inner in zip(parts, split(error, matches)):
                if inner is not None:
                    part.append(inner)
        else:
            parts[0 if matches(error) else 1].append(error)
    return [group.derive(part) if part else None for part in parts]


def describe(error):
    """Names an error in the words that both interpreters share."""
    if error is None:
        return "none"
    if isinstance(error, asyncio.CancelledError):
        return f"Cancelled({error.args[0] if error.args and error.args[0] is not None else ''})"
    if isinstance(error, UserError):
        return error.args[0]
    if isinstance(error, asyncio.IncompleteReadError):
        return f"Incomplete({show(error.partial)}, {show(error.expected)})"
    if isinstance(error, asyncio.LimitOverrunError):
        return f"LimitOverrun({error.consumed})"
    if isinstance(error, GROUPS):
        return f"Group({', '.join(describe(each) for each in error.exceptions)})"
    return type(error).__name__


def is_user_error(code):
    """Says of an error whether it is the program's own of that name."""
    return lambda error: isinstance(error, UserError) and error.args[0] == code


def show(value):
    """Writes a result in the words that both interpreters share."""
    if value is None:
        return "none"
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(show(each) for each in value)}]"
    if isinstance(value, BaseException):
        return describe(value)
    if isinstance(value, bytes):
        return json.dumps(value.decode())
    return str(value)


def state(future):
    if not future.done():
        return "pending"
    if future.cancelled():
        return "cancelled"
    error = future.exception()
    return f"failed {describe(error)}" if error is not None else f"ended {show(future.result())}"


def label_of(op, first=None, *rest):
    """Names a statement in the trace."""
    return f"{op} {first}" if isinstance(first, str) else op


class Missing(Exception):
    """A name that does not exist (yet), or not in this kind: the statement is skipped."""


def seconds(eighths):
    return None if eighths is None else eighths / UNIT


REPORTS = {
    "callback": "callback",
    "shutdown": "shutdown",
    "loser": "loser",
    "asynchronous generator": "asyncgen",
    "exception handler": "handler",
}


def kind_of_report(context):
    """What the exception handler was told, in the words that both interpreters share."""
    message = context["message"]
    kind = next((kind for words, kind in REPORTS.items() if words in message), message)
    keys = sorted(key for key in context if key not in ("message", "source_traceback"))
    return f"{kind} [{', '.join(keys)}] {describe(context.get('exception'))}"
