/** Whether what somebody signed with a passkey holds, checked by the browser itself. */
import type { JsonValue } from "../../protocols/log/canonical-json.ts";
import { sha256 } from "../../protocols/log/sha256.ts";
import { readSignedAct } from "../../protocols/log/signed-act.ts";
import { isSignedByPasskey } from "./web-signatures.ts";

/** @param act the parts of a signed act, as the site log names them @returns why not, in words */
export async function checkSigned(act: JsonValue): Promise<true | string> {
  const read = readSignedAct(act, sha256);
  if (typeof read === "string") return read;
  return (await isSignedByPasskey(read)) || "the passkey's signature does not hold";
}
