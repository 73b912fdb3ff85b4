/**
 * A client's order of ciphers decides (RFC 4253, 7.1), and OpenSSH's names counter mode before GCM,
 * which needs a code over each packet besides and costs both ends more. So one of OpenSSH that knows
 * GCM is offered nothing else. For that its list is waited for: it sends it without waiting for
 * ours, as not every client does. ssh2 sends its own at once, so that one is held back here. Who
 * only says that it is OpenSSH, and waits, gets the whole offer after a moment.
 */
import type { Connection } from "ssh2";
import { changedOffer, type Offer } from "./offer.ts";

const KEXINIT = 20;
/** Behind the number and a cookie of random bytes (RFC 4253, 7.1). */
const LISTS_AT = 17;
/** Of key exchanges and host keys, before those of ciphers: to the broker, and from it. */
const LISTS_BEFORE = 2;
const SENDS_FIRST = /^SSH-2\.0-OpenSSH_[\w.]+( .*)?$/;

/** OpenSSH's is on its way before ours could be: as long as a slow line takes. */
const FIRST_WITHIN_MS = 2_000;

type OnPayload = (payload: Buffer) => unknown;

interface Inside {
  readonly _protocol: {
    _offer: Offer;
    _kexinit: Buffer | undefined;
    readonly _remoteIdentRaw?: Buffer;
    readonly _cipher: { encrypt?(packet: Buffer): void };
    readonly _decipher: { _onPayload: OnPayload };
    readonly _packetRW: { readonly write: { allocStart: number; readonly allocStartKEX: number } };
    /** Undefined once it is over. */
    readonly _destruct?: () => void;
    rekey(): void;
  };
}

/** In the turn in which the connection came. */
export function preferGcm(connection: Connection): void {
  const { _protocol: protocol } = connection as unknown as Inside;
  if (!SENDS_FIRST.test(protocol._remoteIdentRaw?.toString("latin1") ?? "")) return;
  const { _cipher: cipher, _decipher: decipher } = protocol;
  cipher.encrypt = () => {
    delete cipher.encrypt;
    protocol._kexinit = undefined;
    protocol._packetRW.write.allocStart = protocol._packetRW.write.allocStartKEX;
  };
  const { _onPayload: goOn } = decipher;
  const offer = () => {
    clearTimeout(late);
    decipher._onPayload = goOn;
    protocol.rekey();
  };
  const late = setTimeout(() => {
    if (protocol._destruct) offer();
  }, FIRST_WITHIN_MS);
  connection.once("close", () => clearTimeout(late));
  decipher._onPayload = (payload) => {
    protocol._offer = narrowed(protocol._offer, payload);
    offer();
    return goOn(payload);
  };
}

function narrowed(offer: Offer, payload: Buffer): Offer {
  const lists = payload[0] === KEXINIT ? cipherLists(payload) : [];
  const known = offer.lists.cs.cipher.array.filter((name) => name.includes("-gcm@"));
  const knowsGcm = lists.length > 0 && lists.every((list) => known.some((one) => list.has(one)));
  return knowsGcm ? changedOffer(offer, { cipher: known }) : offer;
}

/** None where they are not there: ssh2 ends such a connection. */
function cipherLists(payload: Buffer): readonly ReadonlySet<string>[] {
  const lists: ReadonlySet<string>[] = [];
  let at = LISTS_AT;
  for (let n = 0; n < LISTS_BEFORE + 2; n++) {
    if (at + 4 > payload.length) return [];
    const end = at + 4 + payload.readUInt32BE(at);
    if (end > payload.length) return [];
    if (n >= LISTS_BEFORE) lists.push(new Set(payload.toString("latin1", at + 4, end).split(",")));
    at = end;
  }
  return lists;
}
