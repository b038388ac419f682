/**
 * The public names of CPython 3.14's asyncio, without transports, streams and processes.
 *
 * @module
 */

/** Functions, classes and constants; `_` leads to a capital letter here. */
export const NAMES: readonly string[] = words(`
  run Runner get_running_loop get_event_loop set_event_loop new_event_loop EventLoop
  SelectorEventLoop ProactorEventLoop AbstractEventLoop BaseEventLoop
  get_event_loop_policy set_event_loop_policy AbstractEventLoopPolicy
  DefaultEventLoopPolicy _get_running_loop _set_running_loop

  Future isfuture wrap_future ensure_future

  Task create_task current_task all_tasks eager_task_factory create_eager_task_factory
  sleep gather wait FIRST_COMPLETED FIRST_EXCEPTION ALL_COMPLETED wait_for as_completed
  shield run_coroutine_threadsafe to_thread iscoroutine iscoroutinefunction
  _register_task _unregister_task _enter_task _leave_task

  TaskGroup timeout timeout_at Timeout

  Lock Event Condition Semaphore BoundedSemaphore Barrier

  Queue LifoQueue PriorityQueue QueueEmpty QueueFull QueueShutDown

  CancelledError TimeoutError InvalidStateError IncompleteReadError LimitOverrunError
  BrokenBarrierError SendfileNotAvailableError

  Handle TimerHandle

  capture_call_graph format_call_graph print_call_graph FutureCallGraph
  FrameCallGraphEntry future_add_to_awaited_by future_discard_from_awaited_by
`);

/** Methods and properties, by class. */
export const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  Runner: words("run get_loop close"),
  Future: words(`result exception set_result set_exception cancel cancelled done
    add_done_callback remove_done_callback get_loop`),
  Task: words(`cancel cancelling uncancel get_name set_name get_coro get_context
    get_stack print_stack set_result set_exception`),
  TaskGroup: words("create_task cancel"),
  Timeout: words("when expired reschedule"),
  Lock: words("acquire release locked"),
  Event: words("set clear is_set wait"),
  Condition: words("acquire release locked wait wait_for notify notify_all"),
  Semaphore: words("acquire release locked"),
  BoundedSemaphore: words("release"),
  Barrier: words("wait reset abort parties n_waiting broken"),
  Queue: words(
    `put put_nowait get get_nowait qsize empty full maxsize join task_done
    shutdown`,
  ),
  EventLoop: words(
    `run_until_complete run_forever stop is_running is_closed close
    shutdown_asyncgens shutdown_default_executor call_soon call_soon_threadsafe
    call_later call_at time create_future create_task set_task_factory get_task_factory
    run_in_executor set_default_executor getaddrinfo getnameinfo set_exception_handler
    get_exception_handler default_exception_handler call_exception_handler set_debug
    get_debug slow_callback_duration add_signal_handler remove_signal_handler add_reader
    remove_reader add_writer remove_writer sock_recv sock_recv_into sock_recvfrom
    sock_recvfrom_into sock_sendall sock_sendto sock_connect sock_accept sock_sendfile
    create_connection create_server create_unix_connection create_unix_server
    create_datagram_endpoint connect_accepted_socket start_tls sendfile
    connect_read_pipe connect_write_pipe subprocess_exec subprocess_shell`,
  ),
  Handle: words("cancel cancelled get_context"),
  TimerHandle: words("when"),
};

/** Gives this library's form of a name. */
export function camelCase(name: string): string {
  const spelled: Record<string, string> = {
    isfuture: "isFuture",
    iscoroutine: "isCoroutine",
    iscoroutinefunction: "isCoroutineFunction",
  };
  if (/^[A-Z]/.test(name)) return name;
  return spelled[name] ??
    name.replace(/(?<=\w)_(\w)/g, (_, letter) => letter.toUpperCase());
}

function words(text: string): string[] {
  return text.trim().split(/\s+/);
}
