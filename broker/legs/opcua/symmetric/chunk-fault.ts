/** Why a secure channel cannot go on: the peer's fault, which ends that channel and no other. */

export type FaultCause =
  /** Its length is not what it says, or cannot be. */
  | "size"
  | "type"
  | "channel"
  /** Not one of the channel's, or too old. */
  | "token"
  | "signature"
  /** A chunk is missing, or came twice. */
  | "sequence"
  /** No number, or in the midst of another message. */
  | "request"
  | "padding"
  /** More bytes or chunks than agreed. */
  | "tooLarge"
  /** A message was taken back in words that cannot be read. */
  | "abort";

export interface ChunkFault {
  readonly kind: "fault";
  readonly cause: FaultCause;
  /** For the peer, in an error message. */
  readonly status: number;
  /** Ours alone: nothing of the peer's bytes but numbers. */
  readonly reason: string;
}

/** OPC 10000-6, A.2. */
const STATUS: Readonly<Record<FaultCause, number>> = {
  size: 0x8080_0000,
  type: 0x807e_0000,
  channel: 0x807f_0000,
  token: 0x8087_0000,
  signature: 0x8013_0000,
  sequence: 0x8088_0000,
  request: 0x8007_0000,
  padding: 0x8013_0000,
  tooLarge: 0x8080_0000,
  abort: 0x8007_0000,
};

export function chunkFault(cause: FaultCause, reason: string): ChunkFault {
  return { kind: "fault", cause, status: STATUS[cause], reason };
}
