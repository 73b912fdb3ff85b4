/** A connection to an OPC UA asset, before anything was said over it. */
import net, { type Socket } from "node:net";
import { assetWords } from "../asset-words.ts";

export interface AssetAddress {
  readonly address: string;
  readonly port: number;
  readonly connectTimeoutMs: number;
}

const KEEP_ALIVE_MS = 30_000;

/** Rejects in words. What it resolves with is paused. */
export function dialAsset({ address, port, connectTimeoutMs }: AssetAddress): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const socket = net.connect({ host: address, port, noDelay: true });
  socket.setKeepAlive(true, KEEP_ALIVE_MS);
  socket.pause();
  const late = setTimeout(() => {
    socket.destroy();
    reject(new Error("no answer in time"));
  }, connectTimeoutMs);
  // Always heard: whoever takes it hears of its end by `close`.
  socket.on("error", (error) => {
    clearTimeout(late);
    reject(new Error(assetWords(error), { cause: error }));
  });
  socket.once("connect", () => {
    clearTimeout(late);
    resolve(socket);
  });
  return promise;
}
