/**
 * Both far ends of the sessions that the bench `revoke` cuts, in a process of their own as they
 * are in a plant: a device, and clients that read from it again and again. Told by messages.
 */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { fromHex } from "../kit/hex.ts";

/** To this process: one more client of the broker's port, or what it has counted so far. */
export type ToEnds =
  | { readonly kind: "open"; readonly port: number }
  | { readonly kind: "count" }
  | { readonly kind: "close" };

/** Times are those of `process.hrtime`, which all processes of a machine share, in ms. */
export type FromEnds =
  | { readonly kind: "device"; readonly port: number }
  | { readonly kind: "opened" }
  | { readonly kind: "requests"; readonly count: number }
  /** When both ends of each session were closed, in the order in which they were opened. */
  | { readonly kind: "closed"; readonly atMs: readonly number[] };

/** Each client reads again this long after its answer, as a workbench polls. */
const THINK_MS = 100;
const READ = fromHex("0001 0000 0006 01 03 0064 0001");
/** After the transaction of its request. */
const REPLY = fromHex("0000 0005 01 03 02 0000");

const clients: Socket[] = [];
const clientEnds: number[] = [];
const assetEnds: number[] = [];
let devices = 0;
let open = 0;
let requests = 0;

const device = createServer({ noDelay: true }, (socket) => {
  const at = devices++;
  socket.on("error", () => {});
  socket.on("data", (request) => {
    requests += 1;
    socket.write(Uint8Array.of(request[0] ?? 0, request[1] ?? 0, ...REPLY));
  });
  ending(socket, assetEnds, at);
});

/** One request after another, with a pause, as long as the connection lives. */
async function openClient(port: number): Promise<void> {
  const client = connect({ port, host: "127.0.0.1", noDelay: true });
  client.on("error", () => {});
  client.on("data", () => {
    setTimeout(() => client.writable && client.write(READ), THINK_MS);
  });
  ending(client, clientEnds, clients.push(client) - 1);
  await once(client, "connect");
  client.write(READ);
}

/** Notes when it was over, however it ended; tells once all are. */
function ending(socket: Socket, ends: number[], at: number): void {
  open += 1;
  socket.on("close", () => {
    ends[at] = Number(process.hrtime.bigint()) / 1e6;
    open -= 1;
    if (open > 0) return;
    tell({ kind: "closed", atMs: clientEnds.map((end, n) => Math.max(end, assetEnds[n] ?? 0)) });
  });
}

function tell(message: FromEnds): void {
  process.send?.(message);
}

process.on("message", (message: ToEnds) => {
  if (message.kind === "open") {
    void openClient(message.port).then(() => tell({ kind: "opened" }));
  } else if (message.kind === "count") tell({ kind: "requests", count: requests });
  else process.exit(0);
});
process.on("disconnect", () => process.exit(0));
device.listen({ port: 0, host: "127.0.0.1", backlog: 4_096 }, () => {
  tell({ kind: "device", port: (device.address() as AddressInfo).port });
});
