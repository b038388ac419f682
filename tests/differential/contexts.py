"""The statements of context variables."""

import contextvars

from words import Missing, show


class Contexts:
    def __init__(self):
        super().__init__()
        self.vars = {}
        self.tokens = {}
        self.contexts = {}

    def make_var(self, name, *default):
        options = {} if default[0] is None else {"default": default[0]}
        self.objects[name] = self.vars[name] = contextvars.ContextVar(name, **options)

    def values(self):
        """What every event of a program with variables also says."""
        if not self.vars:
            return ""
        return f" {{{', '.join(show(var.get('-')) for var in self.vars.values())}}}"

    def context(self, name):
        if name is None:
            return None
        if name not in self.contexts:
            raise Missing
        return self.contexts[name]

    def var_set(self, name, value, token):
        self.tokens[token] = self.objects[name].set(value)

    def var_get(self, name):
        return self.objects[name].get()

    def var_reset(self, name, token):
        if token not in self.tokens:
            raise Missing
        self.objects[name].reset(self.tokens[token])

    def context_copy(self, name):
        self.contexts[name] = contextvars.copy_context()

    def context_of(self, name, task):
        self.contexts[name] = self.task(task).get_context()

    def context_run(self, name, body):
        self.context(name).run(self.act, body)

    def context_see(self, name):
        context = self.context(name)
        return [context.get(var, "-") for var in self.vars.values()]

    acts = {
        "var.set": var_set,
        "var.get": var_get,
        "var.reset": var_reset,
        "context.copy": context_copy,
        "context.of": context_of,
        "context.run": context_run,
        "context.see": context_see,
    }
