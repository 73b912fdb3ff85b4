/** A long text made small, and unreadable without its key: AES-GCM over gzip. */
import { fromBase64, toBase64 } from "../../protocols/log/base64.ts";

/** NIST SP 800-38D, section 8.2: 96 random bits for each text. */
const IV_BYTES = 12;

export async function seal(text: string, key: string): Promise<string> {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const small = await through(new CompressionStream("gzip"), new TextEncoder().encode(text));
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await keyOf(key), small);
  return `${toBase64(iv)}.${toBase64(new Uint8Array(sealed))}`;
}

/** @throws where it was sealed with another key, or is not whole */
export async function unseal(sealed: string, key: string): Promise<string> {
  const [iv, content] = sealed.split(".").map((part) => bytesOf(part));
  if (iv === undefined || content === undefined) throw new Error("not a sealed text");
  const small = await crypto.subtle.decrypt({ name: "AES-GCM", iv }, await keyOf(key), content);
  const whole = await through(new DecompressionStream("gzip"), new Uint8Array(small));
  return new TextDecoder().decode(whole);
}

function keyOf(key: string): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", bytesOf(key), "AES-GCM", false, ["encrypt", "decrypt"]);
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const bytes = fromBase64(text);
  if (bytes === undefined) throw new Error("not base64");
  return new Uint8Array(bytes);
}

async function through(
  coder: CompressionStream | DecompressionStream,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<ArrayBuffer> {
  const stream = new Blob([bytes]).stream().pipeThrough(coder);
  return new Response(stream).arrayBuffer();
}
