/** Opens sealed segments in a thread of its own: decrypting for a player never delays a session. */
import { parentPort, workerData } from "node:worker_threads";
import { openSealed, sha256Hex } from "../seal.ts";

export interface ToOpen {
  readonly ask: number;
  readonly sealed: Uint8Array;
  /** Of the sealed bytes; undefined where nothing vouches for them. */
  readonly sha256: string | undefined;
}

export type Opened =
  | { readonly ask: number; readonly plain: Uint8Array }
  | { readonly ask: number; readonly fault: string };

export async function openOne(
  { ask, sealed, sha256 }: ToOpen,
  identities: readonly string[],
): Promise<Opened> {
  try {
    if (sha256 !== undefined && sha256Hex(sealed) !== sha256) {
      return { ask, fault: "it is not as it was sealed: its hash differs" };
    }
    return { ask, plain: await openSealed(sealed, identities) };
  } catch (error) {
    return { ask, fault: error instanceof Error ? error.message : String(error) };
  }
}

const port = parentPort;
port?.on("message", (wanted: ToOpen) => {
  void openOne(wanted, workerData.identities).then((opened) => {
    port.postMessage(opened, "plain" in opened ? ownBuffer(opened.plain) : []);
  });
});

/** Handed over, not copied in the turn of the thread that sessions run in; unless others lie beside it. */
function ownBuffer({ buffer, byteLength }: Uint8Array): readonly ArrayBuffer[] {
  const isWhole = buffer instanceof ArrayBuffer && buffer.byteLength === byteLength;
  return isWhole ? [buffer] : [];
}
