/**
 * The key of this browser: made by WebCrypto so that nothing can take it out, kept in IndexedDB.
 * What it signs shows the broker that a request comes from the device on which the person signed
 * in; a copied cookie has no such key. Where nothing can be kept, it lasts as long as the page.
 */
import { browserName } from "./browser-name.ts";

interface Kept {
  readonly privateKey: CryptoKey;
  readonly publicKey: JsonWebKey;
}

interface DeviceKey extends Kept {
  /** Made by this page: no sign-in can be bound to it yet. */
  readonly isNew: boolean;
}

export interface ToSign {
  readonly challenge: string;
  readonly method: string;
  /** Of this origin, with or without a query. */
  readonly path: string;
  /** As it is sent. */
  readonly body?: string | undefined;
}

export const DEVICE_HEADER = "sallyport-device";
const DATABASE = "sallyport-device";
const STORE = "keys";
const OWN = "own";
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" } as const;

let own: Promise<DeviceKey> | undefined;
let bound = false;

/** Whether this page had to make a key, and no passkey has bound a sign-in to it since. */
export async function isUnbound(): Promise<boolean> {
  return (await deviceKey()).isNew && !bound;
}

/** A passkey was used together with the key. */
export function noteBound(): void {
  bound = true;
}

/** For a browser whose key was revoked: the next one is another device. */
export async function forgetDeviceKey(): Promise<void> {
  await inStore("readwrite", (store) => store.delete(OWN)).catch(() => undefined);
  own = undefined;
  bound = false;
}

/** A JWS over exactly this request (`broker/identity/device-proof.ts`). */
export async function signAsDevice({ challenge, method, path, body }: ToSign): Promise<string> {
  const { privateKey, publicKey } = await deviceKey();
  const { kty, crv, x, y } = publicKey;
  const [plain = ""] = path.split("?");
  const header = { alg: "ES256", typ: "sallyport-device+jwt", jwk: { kty, crv, x, y } };
  const claims = {
    ...{ challenge, htm: method, htu: `${window.location.origin}${plain}` },
    body: body === undefined ? "" : await digest(body),
    name: browserName(navigator.userAgent) ?? "",
  };
  const signed = `${encoded(header)}.${encoded(claims)}`;
  const bytes = new TextEncoder().encode(signed);
  const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, privateKey, bytes);
  return `${signed}.${base64url(new Uint8Array(signature))}`;
}

function deviceKey(): Promise<DeviceKey> {
  own ??= keptOrNew();
  return own;
}

async function keptOrNew(): Promise<DeviceKey> {
  const kept = await inStore<Kept | undefined>("readonly", (store) => store.get(OWN)).catch(
    () => undefined,
  );
  if (kept) return { ...kept, isNew: false };
  const { privateKey, publicKey } = await crypto.subtle.generateKey(ALGORITHM, false, ["sign"]);
  const made = { privateKey, publicKey: await crypto.subtle.exportKey("jwk", publicKey) };
  return keepFirst(made).catch(() => ({ ...made, isNew: true }));
}

/** Of two pages that make one at once, both go on with the one that was kept first. */
async function keepFirst(made: Kept): Promise<DeviceKey> {
  const database = await opened();
  try {
    return await new Promise<DeviceKey>((resolve, reject) => {
      const transaction = database.transaction(STORE, "readwrite");
      const store = transaction.objectStore(STORE);
      const asked = store.get(OWN) as IDBRequest<Kept | undefined>;
      let taken: DeviceKey = { ...made, isNew: true };
      asked.onsuccess = () => {
        if (asked.result) taken = { ...asked.result, isNew: false };
        else store.put(made, OWN);
      };
      transaction.oncomplete = () => resolve(taken);
      transaction.onerror = () => reject(transaction.error);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

async function inStore<T>(
  mode: IDBTransactionMode,
  act: (store: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  const database = await opened();
  try {
    return await answered(act(database.transaction(STORE, mode).objectStore(STORE)));
  } finally {
    database.close();
  }
}

function opened(): Promise<IDBDatabase> {
  const asked = indexedDB.open(DATABASE, 1);
  asked.onupgradeneeded = () => {
    asked.result.createObjectStore(STORE);
  };
  return answered(asked);
}

function answered<T>(asked: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

async function digest(text: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return base64url(new Uint8Array(hash));
}

function encoded(value: unknown): string {
  return base64url(new TextEncoder().encode(JSON.stringify(value)));
}

function base64url(bytes: Uint8Array): string {
  const base64 = btoa(String.fromCharCode(...bytes));
  return base64.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
