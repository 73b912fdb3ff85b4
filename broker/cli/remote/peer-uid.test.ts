import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { expect, test } from "vitest";
import { isOwnProgram, TELLS_PEERS, uidOf } from "./peer-uid.ts";

const TABLE = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 1
   1: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000  1000        0 2
   2: 0100007F:C350 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1234        0 3
`;

test("the peer's end of the connection says whose it is, not ours", () => {
  expect(uidOf(0xc350, 0x1f90, [TABLE])).toBe(1234);
  expect(uidOf(0xc351, 0x1f90, [TABLE])).toBeUndefined();
  expect(uidOf(0xc350, 0x1f91, ["", "nonsense\\n: :"])).toBeUndefined();
});

test.skipIf(!TELLS_PEERS)("a program of this account is let in", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const [accepted] = (await once(server, "connection")) as [Socket];
  expect(isOwnProgram(accepted)).toBe(true);
  client.destroy();
  accepted.destroy();
  server.close();
});
