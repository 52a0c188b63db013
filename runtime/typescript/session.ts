import { clean, JobCancelledError, sentence, SessionLostError, SpaceError } from "./errors.js";
import { EventDecoder, edited, readEvent, type Message, type RawEvent } from "./events.js";
import type { Transport } from "./transport.js";

const silence = 60_000; // Servers send a heartbeat every 15 s.
const lingering = 2_000;
const unheard = 5;

/** One call that the Space took, or is about to. */
export interface Call {
  readonly where: string;
  readonly fnIndex: number;
  readonly happen: (event: RawEvent) => void;
  isOver: boolean;
  isRunning: boolean;
  eventId: string;
  last: readonly unknown[] | undefined;
}

/** The calls that share one session hash and one stream of events. */
export class Session {
  readonly #transport: Transport;
  readonly #url: string;
  readonly #sendsDiffs: boolean;
  readonly #announcesClose: boolean;
  readonly #pending = new Map<string, Call>();
  readonly #early = new Map<string, Message[]>();
  readonly #cancelled = new Set<string>();
  #joining = 0;
  #stream: AbortController | undefined;
  #linger: ReturnType<typeof setTimeout> | undefined;

  constructor(transport: Transport, url: string, protocol: string) {
    this.#transport = transport;
    this.#url = url;
    this.#sendsDiffs = protocol !== "sse_v1";
    this.#announcesClose = protocol === "sse_v3";
  }

  /** Sends a call by `join`, which gives its event id, and follows it from then on. */
  async follow(call: Call, join: () => Promise<string>): Promise<void> {
    this.#joining += 1;
    clearTimeout(this.#linger);
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
    for (const other of this.#pending.values()) {
      if (other === call || other.fnIndex !== call.fnIndex || !other.isRunning || !call.isRunning) continue;
      const advice = "To cancel one call alone, give it a client of its own.";
      const message = "the Space stopped this call with another one of the same endpoint that was cancelled.";
      this.end(other, { type: "failed", error: new JobCancelledError(message, { endpoint: other.where, advice }) });
    }
  }

  /** Ends a call by an event that does not come from the server. */
  end(call: Call, event: RawEvent): void {
    this.#pending.delete(call.eventId);
    if (!call.isOver) {
      call.isOver = true;
      call.happen(event);
    }
    // The server closes the stream after the last call, but not while a cancelled one runs on.
    if (!this.#pending.size) {
      clearTimeout(this.#linger);
      this.#linger = setTimeout(() => {
        if (!this.#pending.size && !this.#joining) this.#stream?.abort();
      }, lingering);
      if (!this.#stream) clearTimeout(this.#linger);
    }
  }

  /** Ends every call, and the stream. */
  close(error: (where: string) => SpaceError): void {
    for (const call of [...this.#pending.values()]) this.end(call, { type: "failed", error: error(call.where) });
    clearTimeout(this.#linger);
    this.#stream?.abort();
  }

  async #read(): Promise<void> {
    let fruitless = 0;
    while (this.#pending.size) {
      const stream = (this.#stream = new AbortController());
      const before = this.#pending.size;
      try {
        await this.#readStream(stream);
        fruitless = this.#pending.size < before ? 0 : fruitless + 1;
        if (fruitless > unheard) throw new SessionLostError("the server says nothing of the call.");
      } catch (error) {
        if (this.#pending.size) this.#lose(error);
      } finally {
        this.#stream = undefined;
      }
    }
    clearTimeout(this.#linger);
  }

  /** Reads one stream; returns where another one goes on. */
  async #readStream(stream: AbortController): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const wait = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => stream.abort(new SessionLostError("the server fell silent.")), silence);
    };
    wait();
    try {
      const sent = { headers: { accept: "text/event-stream" }, signal: stream.signal };
      const response = await this.#transport.send(this.#url, sent, "event stream");
      if (!response.ok) throw await this.#transport.refusal(response, "event stream");
      const [reader, decoder] = [response.body?.getReader(), new EventDecoder()];
      let mayEnd = false;
      for (;;) {
        const piece = await reader?.read();
        if (!piece || piece.done) break;
        wait();
        let isClosed = false;
        for (const message of decoder.feed(piece.value)) {
          isClosed = this.#receive(message) || isClosed;
          // Old servers end the stream with the last job, and do not say so.
          if (message["event_id"]) mayEnd = !this.#announcesClose && message["msg"] === "process_completed";
        }
        if (isClosed) {
          void reader?.cancel().catch(() => undefined);
          return;
        }
      }
      if (!mayEnd) throw new SessionLostError("the stream was closed.");
    } finally {
      clearTimeout(timer);
    }
  }

  #lose(error: unknown): void {
    const reason = this.#transport.masked(error instanceof Error ? error.message : "");
    for (const call of [...this.#pending.values()]) {
      const message = `the event stream broke off, so the result is lost: ${sentence(reason)}`;
      const lost = new SessionLostError(message, { endpoint: call.where, advice: "Call again.", cause: error });
      this.end(call, { type: "failed", error: lost });
    }
  }

  /** Hands a message to its call, and says whether the stream ends with it. */
  #receive(message: Message): boolean {
    const { msg, event_id: id } = message;
    if (msg === "close_stream") return true;
    if (msg === "unexpected_error" && typeof id !== "string") {
      // In old versions the second end of a cancelled call breaks the stream, with its id for a reason.
      const reason = clean(message["message"]);
      if (!this.#cancelled.has(reason.replaceAll("'", ""))) this.#lose(new Error(`the server ended the session: ${reason}`));
      return true;
    }
    if (typeof id !== "string") return false;
    const call = this.#pending.get(id);
    if (!call) {
      if (this.#joining) this.#early.set(id, [...(this.#early.get(id) ?? []), message]);
      return false;
    }
    let event = readEvent(message, call.where, (words) => this.#transport.masked(words));
    if (event?.type === "started") call.isRunning = true;
    if (event?.type === "partial") {
      try {
        event = { ...event, value: (call.last = this.#whole(call, message, event.value)) };
      } catch {
        return false; // Gradio's own edits may miscount; the completed value is whole again.
      }
    }
    if (!event) return false;
    if (event.type === "completed" || event.type === "failed" || event.type === "cancelled") this.end(call, event);
    else call.happen(event);
    return false;
  }

  #whole(call: Call, message: Message, values: readonly unknown[]): readonly unknown[] {
    const { last } = call;
    if (!last || !this.#sendsDiffs || message["msg"] !== "process_generating") return values;
    const length = Math.max(last.length, values.length);
    return Array.from({ length }, (_, at) => edited(last[at] ?? null, values[at]));
  }
}
