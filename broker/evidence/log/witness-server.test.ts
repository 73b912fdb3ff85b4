import { once } from "node:events";
import { mkdirSync } from "node:fs";
import type { Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../../../test/kit/temporary.ts";
import { systemClock } from "../../clock.ts";
import { openFileSigner } from "./signer.ts";
import { Witness } from "./witness.ts";
import { createWitnessServer } from "./witness-server.ts";

async function serve(onFault: (error: unknown) => void): Promise<{ server: Server; port: number }> {
  const directory = path.join(temporaryFolder(), "w");
  mkdirSync(directory);
  const signer = openFileSigner(path.join(directory, "key.pem"));
  const witness = await Witness.open({
    directory,
    name: "w",
    signer,
    clock: systemClock,
    logs: [],
  });
  const server = createWitnessServer(witness, onFault);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { server, port: (server.address() as AddressInfo).port };
}

test("a broker that dies amid its request is no fault of the witness, who goes on", async () => {
  const faults: unknown[] = [];
  const { server, port } = await serve((error) => faults.push(error));
  const begun = once(server, "request");
  const broker = connect(port, "127.0.0.1");
  broker.on("error", () => undefined);
  broker.write("POST /add-checkpoint HTTP/1.1\r\nhost: w\r\ncontent-length: 100\r\n\r\nold 0\n");
  const [request] = await begun;
  const gone = new Promise((resolve) => request.once("close", resolve));
  broker.resetAndDestroy();
  await gone;
  const reply = await fetch(`http://127.0.0.1:${port}/add-checkpoint`, { method: "POST" });
  expect(reply.status).toBe(400);
  expect(faults).toEqual([]);
});
