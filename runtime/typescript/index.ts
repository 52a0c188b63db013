export * from "./errors.js";
export { localFile, SpaceFile, type FileData, type FileInput } from "./files.js";
export { Job, type CallOptions, type JobEvent, type ProgressUnit } from "./job.js";
export type { Endpoint, Json, Shape, Shapes } from "./shapes.js";
export { SpaceClient, type SpaceOptions } from "./space.js";
