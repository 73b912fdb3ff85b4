/**
 * Native tools and web panels that come to the broker that waits: their bytes come to the same door
 * of the active one, from the tool's own address; and where nobody is active, the tool says so.
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import ssh2 from "ssh2";
import { expect, onTestFinished, test, vi } from "vitest";
import { errorIn } from "../../broker/legs/opcua/symmetric/error-chunk.ts";
import { ToolDoors } from "../../broker/standby/tool-doors.ts";
import { freePorts } from "../kit/free-ports.ts";
import { ActiveBroker, echo, peerKey, WaitingDoor } from "../kit/two-brokers.ts";

// Some wait for what a slow machine does in its own time.
vi.setConfig({ testTimeout: 120_000 });

interface Came {
  readonly door: string;
  readonly address: string | undefined;
}

/** Each door says its name and then what it hears. */
function echoDoors(came: Came[]) {
  const echoing = (door: string) => (socket: Socket) => {
    came.push({ door, address: socket.remoteAddress });
    socket.on("error", () => {});
    socket.write(`${door}:`);
    socket.pipe(socket);
  };
  return { ssh: echoing("ssh"), opcua: echoing("opcua"), panels: echoing("panels") };
}

/** The doors of a broker that waits, and the ports at which they are. */
async function waits() {
  const key = peerKey();
  const waiting = await WaitingDoor.open(key);
  const [sshPort, opcuaPort, panelPort] = [
    await freePorts(1),
    await freePorts(1),
    await freePorts(1),
  ];
  const ports = { sshPort, opcuaPort, panelPort };
  const doors = await ToolDoors.open({
    ...{ listen: "127.0.0.1", certificate: undefined, road: waiting.road, ...ports },
    why: () => "Another broker is active. This one waits to take over.",
    say: () => {},
  });
  onTestFinished(() => doors.close());
  return { key, waiting, ...ports };
}

function open(port: number, localAddress = "127.0.0.1"): Socket {
  const socket = connect({ host: "127.0.0.1", port, localAddress });
  onTestFinished(() => void socket.destroy());
  socket.on("error", () => {});
  return socket;
}

/** All that is said until the other end has said its last word. */
async function heard(socket: Socket): Promise<Buffer> {
  const parts: Buffer[] = [];
  socket.on("data", (part: Buffer) => parts.push(part));
  await once(socket, "close");
  return Buffer.concat(parts);
}

test("what a tool says comes to the same door of the active broker, from where the tool is", async () => {
  const { key, waiting, sshPort, opcuaPort, panelPort } = await waits();
  const came: Came[] = [];
  await waiting.follow(await ActiveBroker.start(key, echo, echoDoors(came)));
  const doors = [
    ["ssh", sshPort, "127.0.0.7"],
    ["opcua", opcuaPort, "127.0.0.8"],
    ["panels", panelPort, "127.0.0.9"],
  ] as const;
  for (const [name, port, address] of doors) {
    const tool = open(port, address);
    const said = Buffer.alloc(100_000, name);
    tool.end(said);
    expect((await heard(tool)).equals(Buffer.concat([Buffer.from(`${name}:`), said]))).toBe(true);
    expect(came.at(-1)).toEqual({ door: name, address });
  }
});

test("a tool is cut off with the active broker that it was led to", async () => {
  const { key, waiting, sshPort } = await waits();
  const active = await ActiveBroker.start(key, echo, echoDoors([]));
  await waiting.follow(active);
  const tool = open(sshPort);
  await once(tool, "data");
  active.die();
  await once(tool, "close");
});

test("where nobody is active, an SSH client shows why", async () => {
  const { sshPort } = await waits();
  const client = new ssh2.Client();
  const failed = once(client, "error");
  client.connect({ host: "127.0.0.1", port: sshPort, username: "plc", password: "x" });
  const [error] = await failed;
  expect(String(error)).toContain("Another broker is active. This one waits to take over.");
});

test("where nobody is active, an OPC UA tool and a browser are told why", async () => {
  const { opcuaPort, panelPort } = await waits();
  expect(errorIn(await heard(open(opcuaPort)))).toEqual({
    status: 0x800e_0000,
    reason: "Another broker is active. This one waits to take over. Try again in a moment.",
  });
  const answer = await fetch(`http://127.0.0.1:${panelPort}/`);
  expect(answer.status).toBe(503);
  expect(await answer.text()).toContain("This one waits to take over.");
});
