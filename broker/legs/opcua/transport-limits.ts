/** Bounds of a connection over which OPC UA is spoken, wherever its chunks are read. */
import { FRAME_MAX } from "../../../protocols/opcua/frame.ts";

/** Larger chunks cost more than they gain; clients ask for up to 640 KB. */
export const CHUNK_MAX = 65_535;
/** The smallest that a peer may ask for (OPC 10000-6, 7.1.2.3). */
export const CHUNK_MIN = 8_192;
/** Bytes that wait for a peer that does not read: some answers of the largest size. */
export const WRITE_QUEUE_MAX = 4 * FRAME_MAX;
