import { JobCancelledError, SessionLostError, SpaceError } from "./errors.js";
import { edited, messages, readEvent, type RawEvent } from "./events.js";
import { ended, isLast } from "./job.js";
import { messageOf, posted, quietly, record, sentence, type Message, type Transport } from "./transport.js";

const silence = 60_000; // Servers send a heartbeat every 15 s.
const lingering = 2_000;
const mostFruitless = 5;

/** A call that the Space has accepted, or that is being sent. */
export interface Call {
  readonly where: string;
  readonly fnIndex: number;
  readonly happen: (event: RawEvent) => void;
  readonly over: AbortSignal;
  eventId?: string;
  isRunning?: boolean;
  last?: readonly unknown[] | null; // The last partial result; `null` if edits could not be applied.
}

/** The calls that share one session hash and one stream of events. */
export interface Session {
  /** Sends a call, and then follows its events. */
  readonly follow: (call: Call, data: readonly unknown[]) => Promise<void>;
  /** Drops a call that was sent, and makes the Space stop it. */
  readonly cancel: (call: Call) => Promise<void>;
  /** Ends every call, the stream, and a heartbeat, after which the Space drops the state of the session. */
  readonly close: () => Promise<void>;
}

export function openSession({ ask, asked, send, masked }: Transport, base: string, hash: string, protocol: string, hasState: boolean): Session {
  const pending = new Map<unknown, Call>();
  const cancelled = new Set<unknown>();
  const early: Message[] = []; // Messages for calls whose id is not known yet.
  const busy = new Map<Call, Promise<unknown>>(); // Calls that are being sent or cancelled.
  let joining = 0;
  let stream: AbortController | undefined;

  async function follow(call: Call, data: readonly unknown[]): Promise<void> {
    // What cancels a call may stop others of its endpoint, so that they are not sent before it is done.
    for (let leaving; (leaving = [...busy].find(([one]) => one.over.aborted)); ) await leaving[1];
    call.over.throwIfAborted();
    await during(call, join(call, data));
  }

  async function join(call: Call, data: readonly unknown[]): Promise<void> {
    const body = { data, event_data: null, fn_index: call.fnIndex, trigger_id: null, session_hash: hash };
    joining += 1;
    const { event_id: id } = record(await asked(`${base}/queue/join`, posted(body), call.where, 1).finally(() => (joining -= 1)));
    if (typeof id !== "string") throw new SpaceError("the Space accepted the job without an event id.", call.where);
    pending.set((call.eventId = id), call);
    early.splice(0).forEach(receive);
    if (pending.size && !stream) void read();
    if (call.over.aborted && pending.has(id)) await cancel(call);
  }

  async function cancel(call: Call): Promise<void> {
    const { eventId, fnIndex, isRunning, where } = call;
    if (eventId === undefined) return;
    cancelled.add(eventId);
    forget(call);
    // With its endpoint, a Space stops all its running calls; without, it takes the call from the queue.
    const isNamed = !joining && (isRunning || !pending.size);
    const others = [...pending.values()].filter((one) => isNamed && one.isRunning && one.fnIndex === fnIndex);
    const message = "the Space stopped this job together with one of the same endpoint that was cancelled.";
    fail(others, JobCancelledError, message, "To cancel one job alone, give it its own client.");
    const body = { session_hash: hash, fn_index: isNamed ? fnIndex : -1, event_id: eventId };
    await during(call, send(`${base}/cancel`, posted(body), where).then((answer) => answer.body?.cancel()));
  }

  function during(call: Call, work: Promise<void>): Promise<void> {
    busy.set(call, work.catch(() => undefined));
    return work.finally(() => busy.delete(call));
  }

  async function close(): Promise<void> {
    fail(pending.values(), JobCancelledError, "the client was closed before the job was done.");
    stream?.abort();
    if (!hasState) return;
    const response = await send(`${base}/heartbeat/${hash}`, { signal: AbortSignal.timeout(5000) }, base).catch(() => undefined);
    const reader = response?.body?.getReader();
    await reader?.read().then(() => reader.cancel()).catch(() => undefined);
  }

  function fail(calls: Iterable<Call>, kind: typeof SpaceError, message: string, advice = "", cause?: unknown): void {
    for (const call of [...calls]) {
      forget(call);
      call.happen(ended(new kind(message, call.where, advice, { cause }), call.where));
    }
  }

  function forget(call: Call): void {
    pending.delete(call.eventId);
    if (pending.size) return;
    // The server closes the stream after the last call, but not while a cancelled one is still running.
    const timer: unknown = setTimeout(() => pending.size || joining || stream?.abort(), lingering);
    (timer as { unref?: () => void }).unref?.(); // In Node, it must not keep the process alive.
  }

  /** Reads one stream after another while there are calls. */
  async function read(): Promise<void> {
    for (let fruitless = 0; pending.size; fruitless += 1) {
      const [before, { signal }] = [pending.size, (stream = new AbortController())];
      const lose = (): void => stream?.abort(new SessionLostError("the server sent nothing for too long."));
      let timer = setTimeout(lose, silence);
      const heard = (): void => {
        clearTimeout(timer);
        timer = setTimeout(lose, silence);
      };
      try {
        const sent = { headers: { accept: "text/event-stream" }, signal };
        const { body } = await ask(`${base}/queue/data?session_hash=${hash}`, sent, "event stream", 1);
        let mayEnd = false;
        for await (const message of messages(body, heard)) {
          const { msg, event_id: id } = message;
          const isClosed = msg === "close_stream" || msg === "unexpected_error";
          // Old servers end the stream with the last job, without notice.
          if (isClosed || id) mayEnd = isClosed || (protocol !== "sse_v3" && msg === "process_completed");
          // In old versions, the second end of a cancelled call breaks the stream, with its id as the reason.
          const reason = masked(message["message"]).replaceAll("'", "");
          if (msg === "unexpected_error" && !cancelled.has(reason)) throw new Error(`the server ended the session: ${reason}`);
          if (isClosed) break;
          receive(message);
        }
        if (!mayEnd) throw new SessionLostError("the stream was closed.");
        if (pending.size < before) fruitless = 0;
        if (fruitless > mostFruitless) throw new SessionLostError("the server does not report on the call.");
      } catch (cause) {
        const message = `the event stream broke off, so the result is lost: ${sentence(masked(messageOf(cause)))}`;
        fail(pending.values(), SessionLostError, message, "Call again.", cause);
      } finally {
        clearTimeout(timer);
      }
    }
    stream = undefined;
  }

  /** Passes a message to its call. */
  function receive(message: Message): void {
    const call = pending.get(message["event_id"]);
    if (!call && joining) early.push(message);
    const event = call && readEvent(message, call.where, masked);
    if (!call || !event) return;
    call.isRunning ||= event.type === "started";
    if (isLast(event)) forget(call);
    if (event.type !== "partial") return call.happen(event);
    // Since protocol `sse_v2`, later partial results are sent as edits, in which Gradio itself may miscount.
    const { last } = call;
    const areEdits = last !== undefined && message["msg"] === "process_generating" && protocol !== "sse_v1";
    call.last = areEdits ? (quietly(() => last && edited(last, event.value)) ?? null) : event.value;
    if (call.last) call.happen({ type: "partial", value: call.last });
  }

  return { follow, cancel, close };
}
