/**
 * Asks the broker from a page, with its cookie and signed by the key of its browser, as the console
 * does (`console/components/device-key.ts`): for what a scenario needs beside what it clicks.
 */
import type { Page } from "playwright-core";

export interface Asked {
  readonly status: number;
  /** Null where the answer has none. */
  readonly body: unknown;
}

export function askSigned(
  page: Page,
  method: string,
  path: string,
  body?: unknown,
): Promise<Asked> {
  const payload = body === undefined ? undefined : JSON.stringify(body);
  return page.evaluate(askInPage, { method, path, payload });
}

/** As `askSigned`. @throws where the answer is not 2xx */
export async function postSigned(page: Page, path: string, body: unknown): Promise<unknown> {
  const asked = await askSigned(page, "POST", path, body);
  if (asked.status < 300) return asked.body ?? undefined;
  throw new Error(`${asked.status} ${JSON.stringify(asked.body)}`);
}

interface Request {
  readonly method: string;
  readonly path: string;
  readonly payload: string | undefined;
}

/** Runs in the page: it can use nothing of this file. */
async function askInPage({ method, path, payload }: Request): Promise<Asked> {
  const json = { "content-type": "application/json" };
  const base64url = (bytes: Uint8Array) =>
    btoa(String.fromCharCode(...bytes))
      .replaceAll("+", "-")
      .replaceAll("/", "_")
      .replaceAll("=", "");
  const encoded = (text: string) => new TextEncoder().encode(text);
  const digest = async (text: string) =>
    base64url(new Uint8Array(await crypto.subtle.digest("SHA-256", encoded(text))));
  const answered = <T>(asked: IDBRequest<T>) =>
    new Promise<T>((resolve, reject) => {
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => reject(asked.error);
    });
  const proof = async () => {
    const opening = indexedDB.open("sallyport-device", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("keys");
    const database = await answered(opening);
    const kept = await answered(
      database.transaction("keys").objectStore("keys").get("own") as IDBRequest<
        { privateKey: CryptoKey; publicKey: JsonWebKey } | undefined
      >,
    );
    database.close();
    const given = await fetch("/api/me/device-nonces", {
      ...{ method: "POST", headers: json, body: "{}" },
    });
    if (!kept || !given.ok) return undefined;
    const { challenge } = (await given.json()) as { challenge: string };
    const { kty, crv, x, y } = kept.publicKey;
    const head = { alg: "ES256", typ: "sallyport-device+jwt", jwk: { kty, crv, x, y } };
    const htu = `${location.origin}${path.split("?")[0]}`;
    const said = { challenge, htm: method, htu, body: payload ? await digest(payload) : "" };
    const parts = [head, said].map((part) => base64url(encoded(JSON.stringify(part))));
    const signature = await crypto.subtle.sign(
      { name: "ECDSA", hash: "SHA-256" },
      kept.privateKey,
      encoded(parts.join(".")),
    );
    return `${parts.join(".")}.${base64url(new Uint8Array(signature))}`;
  };
  const shown = method === "GET" ? undefined : await proof();
  const answer = await fetch(path, {
    method,
    headers: { ...json, ...(shown !== undefined && { "sallyport-device": shown }) },
    ...(payload === undefined ? {} : { body: payload }),
  });
  const text = await answer.text();
  return { status: answer.status, body: text === "" ? null : JSON.parse(text) };
}
