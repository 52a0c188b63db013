import { JobCancelledError, SessionLostError, SpaceError } from "./errors.js";
import { edited, messages, readEvent, type RawEvent } from "./events.js";
import { isLast, type Ending } from "./job.js";
import { posted, quietly, record, sentence, type Message, type Transport } from "./transport.js";

const silence = 60_000; // Servers send a heartbeat every 15 s.
const lingering = 2_000;
const mostFruitless = 5;

/** One call that the Space took, or is about to. */
export interface Call {
  readonly where: string;
  readonly fnIndex: number;
  readonly happen: (event: RawEvent) => void;
  eventId?: string;
  isRunning?: boolean;
  last?: readonly unknown[];
}

/** The calls that share one session hash and one stream of events. */
export function openSession({ ask, asked, send, masked }: Transport, base: string, hash: string, protocol: string) {
  const pending = new Map<string | undefined, Call>();
  const cancelled = new Set<string | undefined>();
  const early: Message[] = []; // Of calls whose id is not known yet.
  let joining = 0;
  let stream: AbortController | undefined;

  /** Sends a call, and follows it from then on. */
  async function follow(call: Call, data: readonly unknown[]): Promise<void> {
    const body = { data, event_data: null, fn_index: call.fnIndex, trigger_id: null, session_hash: hash };
    joining += 1;
    try {
      const { event_id: id } = record(await asked(`${base}/queue/join`, posted(body), call.where, 1));
      if (typeof id !== "string") throw new SpaceError("the Space took the call but named no event id.", call.where);
      pending.set((call.eventId = id), call);
    } finally {
      joining -= 1;
    }
    for (const message of early.splice(0)) receive(message);
    if (pending.size && !stream) void read();
  }

  /** Ends a call, and has the Space stop it, which stops every running call of its endpoint. */
  async function cancel(call: Call, ending: Ending): Promise<void> {
    cancelled.add(call.eventId);
    const others = [...pending.values()].filter((one) => one !== call && one.fnIndex === call.fnIndex && one.isRunning);
    const message = "the Space stopped this call with another one of the same endpoint that was cancelled.";
    const advice = "To cancel one call alone, give it a client of its own.";
    if (call.isRunning) fail(others, (where) => new JobCancelledError(message, where, advice));
    end(call, ending);
    const body = { session_hash: hash, fn_index: call.fnIndex, event_id: call.eventId };
    await (await send(`${base}/cancel`, posted(body), call.where)).body?.cancel();
  }

  /** Ends every call, the stream, and a heartbeat, with which the Space forgets the state of the session. */
  async function close(hasState: boolean): Promise<void> {
    fail(pending.values(), (where) => new JobCancelledError("the client was closed before the job was done.", where));
    stream?.abort();
    if (!hasState) return;
    const response = await send(`${base}/heartbeat/${hash}`, { signal: AbortSignal.timeout(5000) }, base).catch(() => undefined);
    const reader = response?.body?.getReader();
    await reader?.read().then(() => reader.cancel()).catch(() => undefined);
  }

  function end(call: Call, event: RawEvent): void {
    pending.delete(call.eventId);
    call.happen(event);
    if (pending.size) return;
    // The server closes the stream after the last call, but not while a cancelled one runs on.
    const timer: unknown = setTimeout(() => pending.size || joining || stream?.abort(), lingering);
    (timer as { unref?: () => void }).unref?.(); // In Node it keeps no process from ending.
  }

  function fail(calls: Iterable<Call>, error: (where: string) => SpaceError): void {
    for (const call of [...calls]) end(call, { type: "failed", error: error(call.where) });
  }

  function lose(cause: unknown): void {
    const reason = sentence(masked(cause instanceof Error ? cause.message : ""));
    const message = `the event stream broke off, so the result is lost: ${reason}`;
    fail(pending.values(), (where) => new SessionLostError(message, where, "Call again.", { cause }));
  }

  /** Reads one stream after the other while there are calls. */
  async function read(): Promise<void> {
    for (let fruitless = 0; pending.size; ) {
      const [before, { signal }] = [pending.size, (stream = new AbortController())];
      let timer: ReturnType<typeof setTimeout> | undefined;
      const heard = (): void => {
        clearTimeout(timer);
        timer = setTimeout(() => stream?.abort(new SessionLostError("the server fell silent.")), silence);
      };
      try {
        heard();
        const sent = { headers: { accept: "text/event-stream" }, signal };
        const { body } = await ask(`${base}/queue/data?session_hash=${hash}`, sent, "event stream", 1);
        let mayEnd = false;
        for await (const message of messages(body, heard)) {
          const isClosed = receive(message);
          // Old servers end the stream with the last job, and do not say so.
          const isLastJob = protocol !== "sse_v3" && message["msg"] === "process_completed";
          if (isClosed || message["event_id"]) mayEnd = isClosed || isLastJob;
          if (isClosed) break;
        }
        if (!mayEnd) throw new SessionLostError("the stream was closed.");
        fruitless = pending.size < before ? 0 : fruitless + 1;
        if (fruitless > mostFruitless) throw new SessionLostError("the server says nothing of the call.");
      } catch (error) {
        lose(error);
      } finally {
        clearTimeout(timer);
      }
    }
    stream = undefined;
  }

  /** Hands a message to its call, and says whether the stream ends with it. */
  function receive(message: Message): boolean {
    const { msg, event_id: id } = message;
    if (typeof id !== "string" || msg === "close_stream") {
      // In old versions the second end of a cancelled call breaks the stream, with its id for a reason.
      const reason = masked(message["message"]).replaceAll("'", "");
      if (msg === "unexpected_error" && !cancelled.has(reason)) lose(new Error(`the server ended the session: ${reason}`));
      return msg === "unexpected_error" || msg === "close_stream";
    }
    const call = pending.get(id);
    if (!call && joining) early.push(message);
    const event = call && readEvent(message, call.where, masked);
    if (!call || !event) return false;
    call.isRunning ||= event.type === "started";
    if (isLast(event)) end(call, event);
    else if (event.type !== "partial") call.happen(event);
    else {
      // From protocol `sse_v2` on the later partial results come as edits, which Gradio itself may miscount.
      const last = msg === "process_generating" && protocol !== "sse_v1" ? call.last : undefined;
      const value = quietly(() => (last ? edited(last, event.value) : event.value));
      if (value) call.happen({ type: "partial", value: (call.last = value) });
    }
    return false;
  }

  return { follow, cancel, close };
}
