type Details = Partial<Pick<SpaceError, "status" | "cause"> & Pick<ResultError, "value"> & Pick<AppError, "title" | "reason">>;

/** The base class of every error of a client. */
export class SpaceError extends Error {
  override readonly name: string = "SpaceError";
  /** What was called, such as `owner/kitchen: /greet`, or the Space alone if no endpoint was. */
  readonly endpoint: string;
  /** What to do about it; may be empty. */
  readonly advice: string;
  /** The HTTP status of the answer, if there was one. */
  readonly status: number | undefined;

  constructor(message: string, endpoint = "", advice = "", details: Details = {}) {
    super([endpoint && `${endpoint}:`, message, advice].filter(Boolean).join(" "), details);
    [this.endpoint, this.advice, this.status] = [endpoint, advice, details.status];
    Object.assign(this, details);
  }
}
/** An argument is missing, unknown, of the wrong type or out of bounds. Nothing was sent. */
export class ValidationError extends SpaceError { override readonly name = "ValidationError"; }
/** The Space no longer matches the client that was generated for it. */
export class SpaceChangedError extends SpaceError { override readonly name = "SpaceChangedError"; }
/** The Space cannot be reached or called now: it is paused, starting, broken or overloaded. */
export class SpaceUnavailableError extends SpaceError { override readonly name = "SpaceUnavailableError"; }
/** The job was cancelled, so it has no result. */
export class JobCancelledError extends SpaceError { override readonly name = "JobCancelledError"; }
/** The event stream broke while a job was pending: its outcome is unknown. */
export class SessionLostError extends SpaceError { override readonly name = "SessionLostError"; }
/** A token, a login or a permission is missing or wrong. */
export class AuthenticationError extends SpaceError { override readonly name = "AuthenticationError"; }
/** The Space's queue is full; try again later. */
export class QueueFullError extends SpaceError { override readonly name = "QueueFullError"; }
/** The answer did not arrive within the time limit of the call. */
export class TimeoutError extends SpaceError { override readonly name = "TimeoutError"; }
/** The answer does not match the declared result; `value` is the answer as received. */
export class ResultError extends SpaceError { override readonly name = "ResultError"; }
/** The Space's own code raised an error: `title` is its title, `reason` its message; both may be empty. */
export class AppError extends SpaceError { override readonly name = "AppError"; }

// Members that `details` sets; a field in the class would overwrite them.
export interface ResultError { readonly value: unknown }
export interface AppError { readonly title: string; readonly reason: string }
