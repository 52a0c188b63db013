import { clean, JobCancelledError, sentence, SessionLostError } from "./errors.js";
import { EventDecoder, edited, readEvent, type Message, type RawEvent } from "./events.js";
import type { Transport } from "./transport.js";

const silence = 60_000; // Servers send a heartbeat every 15 s.
const lingering = 2_000;
const mostFruitless = 5;

/** One call that the Space took, or is about to. */
export interface Call {
  readonly where: string;
  readonly happen: (event: RawEvent) => void;
  fnIndex: number;
  eventId: string;
  isRunning: boolean;
  last: readonly unknown[] | undefined;
}

/** The calls that share one session hash and one stream of events. */
export class Session {
  readonly #transport: Transport;
  readonly #url: string;
  readonly #protocol: string;
  readonly #pending = new Map<string, Call>();
  readonly #early = new Map<string, Message[]>();
  readonly #cancelled = new Set<string>();
  #joining = 0;
  #stream: AbortController | undefined;

  constructor(transport: Transport, url: string, protocol: string) {
    [this.#transport, this.#url, this.#protocol] = [transport, url, protocol];
  }

  /** Sends a call by `join`, which gives its event id, and follows it from then on. */
  async follow(call: Call, join: () => Promise<string>): Promise<void> {
    this.#joining += 1;
    try {
      call.eventId = await join();
    } finally {
      this.#joining -= 1;
    }
    this.#pending.set(call.eventId, call);
    const early = this.#early.get(call.eventId) ?? [];
    if (!this.#joining) this.#early.clear();
    for (const message of early) this.#receive(message);
    if (this.#pending.size && !this.#stream) void this.#read();
  }

  /** Notes that a call is being cancelled: the Space stops every running call of its endpoint with it. */
  cancelling(call: Call): void {
    this.#cancelled.add(call.eventId);
    for (const other of call.isRunning ? [...this.#pending.values()] : []) {
      if (other === call || other.fnIndex !== call.fnIndex || !other.isRunning) continue;
      const advice = "To cancel one call alone, give it a client of its own.";
      const message = "the Space stopped this call with another one of the same endpoint that was cancelled.";
      this.end(other, { type: "failed", error: new JobCancelledError(message, { endpoint: other.where, advice }) });
    }
  }

  /** Ends a call. */
  end(call: Call, event: RawEvent): void {
    this.#pending.delete(call.eventId);
    call.happen(event);
    if (this.#pending.size) return;
    // The server closes the stream after the last call, but not while a cancelled one runs on.
    const leave = (): void => {
      if (!this.#pending.size && !this.#joining) this.#stream?.abort();
    };
    const timer: unknown = setTimeout(leave, lingering);
    (timer as { unref?: () => void }).unref?.(); // In Node it keeps no process from ending.
  }

  /** Ends every call, and the stream. */
  close(): void {
    for (const call of [...this.#pending.values()]) {
      const error = new JobCancelledError("the client was closed before the job was done.", { endpoint: call.where });
      this.end(call, { type: "failed", error });
    }
    this.#stream?.abort();
  }

  async #read(): Promise<void> {
    for (let fruitless = 0; this.#pending.size; ) {
      const before = this.#pending.size;
      this.#stream = new AbortController();
      try {
        await this.#readStream(this.#stream);
        fruitless = this.#pending.size < before ? 0 : fruitless + 1;
        if (fruitless > mostFruitless) throw new SessionLostError("the server says nothing of the call.");
      } catch (error) {
        this.#lose(error);
      }
    }
    this.#stream = undefined;
  }

  /** Reads one stream; returns where another one goes on. */
  async #readStream(stream: AbortController): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const wait = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => stream.abort(new SessionLostError("the server fell silent.")), silence);
    };
    try {
      wait();
      const sent = { headers: { accept: "text/event-stream" }, signal: stream.signal };
      const response = await this.#transport.send(this.#url, sent, "event stream");
      if (!response.ok) throw await this.#transport.refusal(response, "event stream");
      const [reader, decoder] = [response.body?.getReader(), new EventDecoder()];
      let [mayEnd, isClosed] = [false, false];
      for (let piece = await reader?.read(); piece && !piece.done; piece = await reader?.read()) {
        wait();
        for (const message of decoder.feed(piece.value)) {
          isClosed = this.#receive(message) || isClosed;
          // Old servers end the stream with the last job, and do not say so.
          if (message["event_id"]) mayEnd = this.#protocol !== "sse_v3" && message["msg"] === "process_completed";
        }
        if (isClosed) return void reader?.cancel().catch(() => undefined);
      }
      if (!mayEnd) throw new SessionLostError("the stream was closed.");
    } finally {
      clearTimeout(timer);
    }
  }

  #lose(cause: unknown): void {
    const reason = sentence(this.#transport.masked(cause instanceof Error ? cause.message : ""));
    for (const call of [...this.#pending.values()]) {
      const details = { endpoint: call.where, advice: "Call again.", cause };
      const error = new SessionLostError(`the event stream broke off, so the result is lost: ${reason}`, details);
      this.end(call, { type: "failed", error });
    }
  }

  /** Hands a message to its call, and says whether the stream ends with it. */
  #receive(message: Message): boolean {
    const { msg, event_id: id } = message;
    if (msg === "close_stream") return true;
    if (typeof id !== "string") {
      // In old versions the second end of a cancelled call breaks the stream, with its id for a reason.
      const reason = clean(message["message"]).replaceAll("'", "");
      if (msg === "unexpected_error" && !this.#cancelled.has(reason)) this.#lose(new Error(`the server ended the session: ${reason}`));
      return msg === "unexpected_error";
    }
    const call = this.#pending.get(id);
    if (!call) {
      if (this.#joining) this.#early.set(id, [...(this.#early.get(id) ?? []), message]);
      return false;
    }
    const event = readEvent(message, call.where, (words) => this.#transport.masked(words));
    if (event?.type === "completed" || event?.type === "failed" || event?.type === "cancelled") this.end(call, event);
    else if (event?.type === "partial") this.#grow(call, message, event.value);
    else if (event) call.happen(event);
    call.isRunning ||= event?.type === "started";
    return false;
  }

  /** From protocol `sse_v2` on the second partial result and those after it come as edits. */
  #grow(call: Call, message: Message, values: readonly unknown[]): void {
    const last = this.#protocol !== "sse_v1" && message["msg"] === "process_generating" ? call.last : undefined;
    try {
      const length = Math.max(last?.length ?? 0, values.length);
      call.last = last ? Array.from({ length }, (_, at) => edited(last[at] ?? null, values[at])) : values;
    } catch {
      return; // Gradio's own edits may miscount; the completed value is whole again.
    }
    call.happen({ type: "partial", value: call.last });
  }
}
