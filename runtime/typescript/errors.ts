/** What an error says besides its message. */
export interface ErrorDetails {
  readonly endpoint?: string;
  readonly advice?: string;
  readonly status?: number;
  readonly cause?: unknown;
}

/** The base class of every error of a client. */
export class SpaceError extends Error {
  override readonly name: string = "SpaceError";
  /** What was called, such as `owner/kitchen: /greet`; the Space alone where no endpoint was. */
  readonly endpoint: string;
  /** What to do about it; may be empty. */
  readonly advice: string;
  /** The HTTP status of the answer, where it is one. */
  readonly status: number | undefined;

  constructor(message: string, { endpoint = "", advice = "", status, cause }: ErrorDetails = {}) {
    super(`${endpoint && `${endpoint}: `}${message}${advice && ` ${advice}`}`, cause === undefined ? undefined : { cause });
    [this.endpoint, this.advice, this.status] = [endpoint, advice, status];
  }
}
/** An argument is missing, unknown, of the wrong type or out of bounds. Nothing was sent. */
export class ValidationError extends SpaceError { override readonly name = "ValidationError"; }
/** The Space no longer fits the client that was generated for it. */
export class SpaceChangedError extends SpaceError { override readonly name = "SpaceChangedError"; }
/** The Space cannot be reached or called now: it is paused, starting, broken or overloaded. */
export class SpaceUnavailableError extends SpaceError { override readonly name = "SpaceUnavailableError"; }
/** The job was cancelled, so it has no result. */
export class JobCancelledError extends SpaceError { override readonly name = "JobCancelledError"; }
/** The event stream broke while a job was pending: what it did is not known. */
export class SessionLostError extends SpaceError { override readonly name = "SessionLostError"; }
/** A token, a login or a permission is missing or wrong. */
export class AuthenticationError extends SpaceError { override readonly name = "AuthenticationError"; }
/** The Space's queue takes no more jobs now. */
export class QueueFullError extends SpaceError { override readonly name = "QueueFullError"; }
/** The answer did not come within the time limit of the call. */
export class TimeoutError extends SpaceError { override readonly name = "TimeoutError"; }

/** The answer does not fit the declared result; `value` is what came. */
export class ResultError extends SpaceError {
  override readonly name = "ResultError";
  readonly value: unknown;

  constructor(message: string, value: unknown, details: ErrorDetails) {
    super(message, details);
    this.value = value;
  }
}

/** The Space's own code raised an error. */
export class AppError extends SpaceError {
  override readonly name = "AppError";
  /** The Space's heading for the error, and its words; both may be empty. */
  readonly title: string;
  readonly reason: string;

  constructor(title: string, reason: string, details: ErrorDetails) {
    const heading = title && title !== "Error" ? `${title}: ` : "";
    super(`failed: ${heading}${sentence(reason) || "the Space does not say why. Its logs do."}`, details);
    [this.title, this.reason] = [title, reason];
  }
}

/** Words of a server on one line, without control characters and of bounded length. */
export function clean(words: unknown): string {
  return typeof words === "string" ? words.replace(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, " ").trim().slice(0, 1000) : "";
}

/** The words with a full stop, where there are any without one. */
export function sentence(words: string): string {
  return !words || /[.!?]$/.test(words) ? words : `${words}.`;
}
