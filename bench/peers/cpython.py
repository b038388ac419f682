"""The workloads on CPython's asyncio.

Run as `python3 cpython.py '{"workload": "spawn", "count": 100000}'`. Prints what
`_measure.ts` prints.
"""

import asyncio
import gc
import json
import statistics
import sys
import time
import tracemalloc

# As in _measure.ts.
WARM_UP = 0.8
CPU_WARM_UP = 10_000
MEASURE = 0.6
FEWEST_RUNS = 7
LONG_RUN = 1.5

PERMITS = 64
DEPTH = 1000
DEEP_WAIT = 100
MAXSIZE = 100


def check(actual, expected):
    if actual != expected:
        raise AssertionError(f"wrong result: got {actual}, expected {expected}")


def sum_below(count):
    return count * (count - 1) // 2


def randoms():
    state = 20250101
    while True:
        state = state * 48271 % 2147483647
        yield state / 2147483647


async def spawn(count, at_peak):
    async def child(index):
        return index

    tasks = [asyncio.create_task(child(index)) for index in range(count)]
    check(sum(await asyncio.gather(*tasks)), sum_below(count))


async def spawn_wait(count, at_peak):
    async def child(index):
        await asyncio.sleep(0)
        return index

    tasks = [asyncio.create_task(child(index)) for index in range(count)]
    check(sum(await asyncio.gather(*tasks)), sum_below(count))


async def switch_among(tasks, turns):
    async def child():
        for _ in range(turns):
            await asyncio.sleep(0)
        return turns

    check(sum(await asyncio.gather(*(child() for _ in range(tasks)))), tasks * turns)


async def switch(count, at_peak):
    await switch_among(1, count)


async def switch_1000(count, at_peak):
    await switch_among(1000, max(1, count // 1000))


async def ping_pong(count, at_peak):
    loop = asyncio.get_running_loop()
    ping = loop.create_future()
    pong = loop.create_future()

    async def server():
        nonlocal ping
        for _ in range(count):
            number = await ping
            ping = loop.create_future()
            pong.set_result(number)

    async def client():
        nonlocal pong
        total = 0
        for number in range(count):
            ping.set_result(number)
            total += await pong
            pong = loop.create_future()
        return total

    total, _ = await asyncio.gather(client(), server())
    check(total, sum_below(count))


async def queue_ping_pong(count, at_peak):
    pings = asyncio.Queue(1)
    pongs = asyncio.Queue(1)

    async def server():
        for _ in range(count):
            await pongs.put(await pings.get())

    async def client():
        total = 0
        for number in range(count):
            await pings.put(number)
            total += await pongs.get()
        return total

    total, _ = await asyncio.gather(client(), server())
    check(total, sum_below(count))


async def deep_call(count, at_peak):
    async def level(depth):
        return 0 if depth == 0 else 1 + await level(depth - 1)

    sys.setrecursionlimit(10_000)
    total = 0
    for _ in range(count // DEPTH):
        total += await level(DEPTH)
    check(total, count)


async def deep_wait(count, at_peak):
    async def level(depth):
        if depth > 0:
            return await level(depth - 1)
        for _ in range(count):
            await asyncio.sleep(0)
        return count

    check(await level(DEEP_WAIT), count)


async def sleepers(count, at_peak):
    async def child(index, seconds):
        await asyncio.sleep(seconds)
        return index

    random = randoms()
    tasks = [asyncio.create_task(child(index, next(random))) for index in range(count)]
    check(sum(await asyncio.gather(*tasks)), sum_below(count))


async def stream(count, pairs):
    share = count // pairs
    queue = asyncio.Queue(MAXSIZE)

    async def produce():
        for item in range(share):
            await queue.put(item)

    async def consume():
        total = 0
        for _ in range(share):
            total += await queue.get()
        return total

    producers = [asyncio.create_task(produce()) for _ in range(pairs)]
    consumers = [asyncio.create_task(consume()) for _ in range(pairs)]
    await asyncio.gather(*producers)
    check(sum(await asyncio.gather(*consumers)), pairs * sum_below(share))


async def queue_stream(count, at_peak):
    await stream(count, 1)


async def queue_stream_10(count, at_peak):
    await stream(count, 10)


async def limit(count, at_peak):
    async def job(index):
        await asyncio.sleep(0)
        return index

    results = [0] * count
    indexes = iter(range(count))

    async def work():
        for index in indexes:
            results[index] = await job(index)

    await asyncio.gather(*(work() for _ in range(PERMITS)))
    check(sum(results), sum_below(count))


async def semaphore(count, at_peak):
    permits = asyncio.Semaphore(PERMITS)

    async def child(index):
        async with permits:
            await asyncio.sleep(0)
            return index

    tasks = [asyncio.create_task(child(index)) for index in range(count)]
    check(sum(await asyncio.gather(*tasks)), sum_below(count))


async def cancel_storm(count, at_peak):
    loop = asyncio.get_running_loop()

    async def child():
        await loop.create_future()

    tasks = [asyncio.create_task(child()) for _ in range(count)]
    await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    check(sum(isinstance(result, asyncio.CancelledError) for result in results), count)


async def timers(count, at_peak):
    loop = asyncio.get_running_loop()

    def callback():
        pass

    called_off = 0
    for _ in range(count):
        timer = loop.call_later(60, callback)
        timer.cancel()
        called_off += timer.cancelled()
    check(called_off, count)


async def timeout_guard(count, at_peak):
    total = 0
    for index in range(count):
        async with asyncio.timeout(10):
            await asyncio.sleep(0)
            total += index
    check(total, sum_below(count))


async def memory(count, at_peak):
    loop = asyncio.get_running_loop()

    async def child(future):
        return await future

    futures = [loop.create_future() for _ in range(count)]
    tasks = [asyncio.create_task(child(future)) for future in futures]
    await asyncio.sleep(0)
    at_peak()
    for index, future in enumerate(futures):
        future.set_result(index)
    check(sum(await asyncio.gather(*tasks)), sum_below(count))


def measure(workload, count, run):
    work = globals().get(workload.replace("-", "_"))
    if work is None:
        sys.exit(f"Cannot measure {workload} here")
    if workload == "memory":
        return measure_heap(work, count, run)
    if workload == "sleepers":
        run(work(min(count, CPU_WARM_UP), None))
        return summary([sample(work, count, run)])
    start = time.perf_counter()
    while True:
        run(work(count // 10, None))
        if time.perf_counter() - start > WARM_UP:
            break
    samples = []
    measuring = time.perf_counter()
    while True:
        before = time.perf_counter()
        samples.append(sample(work, count, run))
        now = time.perf_counter()
        if now - before > LONG_RUN:
            break
        if now - measuring > MEASURE and len(samples) >= FEWEST_RUNS:
            break
    return summary(samples)


def measure_heap(work, count, run):
    run(work(count // 10, lambda: None))
    heap = 0

    def at_peak():
        nonlocal heap
        gc.collect()
        heap = tracemalloc.get_traced_memory()[0]

    gc.collect()
    # It slows everything down, so that only memory is measured with it.
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    measured = sample(work, count, run, at_peak)
    return {**summary([measured]), "heap": (heap - before) / count}


def sample(work, count, run, at_peak=None):
    cpu = time.process_time()
    start = time.perf_counter()
    run(work(count, at_peak))
    seconds = time.perf_counter() - start
    return seconds * 1e9 / count, time.process_time() - cpu


def summary(samples):
    return {
        "time": statistics.median(time for time, _ in samples),
        "cpu": statistics.median(cpu for _, cpu in samples),
    }


def main():
    order = json.loads(sys.argv[1])
    print(json.dumps(measure(order["workload"], order["count"], asyncio.run)))


if __name__ == "__main__":
    main()
