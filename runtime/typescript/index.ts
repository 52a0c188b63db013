export {
  AppError, AuthenticationError, JobCancelledError, QueueFullError, ResultError, SessionLostError, SpaceChangedError, SpaceError,
  SpaceUnavailableError, TimeoutError, ValidationError,
} from "./errors.js";
export type { JobEvent, ProgressUnit } from "./events.js";
export { localFile, SpaceFile } from "./files.js";
export type { FileData, FileInput } from "./files.js";
export { Job } from "./job.js";
export type { CallOptions } from "./job.js";
export type { Endpoint, Json, Shape, Shapes } from "./shapes.js";
export { SpaceClient } from "./space.js";
export type { SpaceOptions } from "./space.js";
