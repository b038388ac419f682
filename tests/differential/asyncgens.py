"""The statements of async generators."""


class AsyncGenerators:
    acts = {}
    waits = {}
    compounds = {}
