import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { IntegrationDialer, type IntegrationDialerOptions } from "./integration-dialer.ts";
import { DestinationRefused, holds } from "./pinned-address.ts";

function dialer(options: Partial<IntegrationDialerOptions> & { destinations: string[] }) {
  return new IntegrationDialer({ plant: () => [], ...options });
}

test("a network of the plant is refused in every spelling, by name and by address", async () => {
  const networks = ["10.20.0.0/16", "fd00:20::/48"];
  const spellings = [
    ...["10.20.3.4", "[::ffff:10.20.3.4]", "[::ffff:a14:304]", "[64:ff9b::a14:304]"],
    ...["[2002:a14:304::1]", "[::10.20.3.4]", "[fd00:20::1]", "0x0a140304", "169083652"],
  ];
  for (const host of spellings) {
    const url = `https://${host}/`;
    const reached = dialer({ destinations: [url], networks }).post(url, "", "");
    await expect(reached, host).rejects.toThrow("in a network of the plant");
  }
  for (const address of ["10.20.3.4", "::ffff:10.20.3.4", "fd00:20:0:1::5"]) {
    const resolve = async () => ["192.0.2.7", address];
    const stream = dialer({ destinations: ["siem.example:6514"], networks, resolve });
    const reached = stream.connect({ host: "siem.example", port: 6514 });
    await expect(reached, address).rejects.toThrow("in a network of the plant");
  }
});

test("an asset is found behind an IPv6 spelling of its address too", async () => {
  const plant = () => [{ host: "10.9.9.9", port: 502 }];
  const url = "https://[::ffff:10.9.9.9]/";
  await expect(dialer({ destinations: [url], plant }).post(url, "", "")).rejects.toThrow(
    "is an asset of the plant",
  );
});

test("a user in the address changes nothing about where it leads, and is refused", async () => {
  const good = "https://siem.example/";
  const reach = dialer({ destinations: [good], resolve: async () => ["192.0.2.1"] });
  for (const url of [
    "https://siem.example@10.20.0.5/",
    "https://siem.example:443@10.20.0.5/",
    "https://user@siem.example/",
    "file:///etc/passwd",
    "https://siem.example.evil.example/",
  ]) {
    await expect(reach.post(url, "", ""), url).rejects.toThrow(DestinationRefused);
  }
});

test("a name is resolved once: what it leads to a moment later is never asked", async () => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket)).listen(0, "127.0.0.1");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  let asked = 0;
  const resolve = async () => (++asked === 1 ? ["127.0.0.1"] : ["10.20.0.5"]);
  const host = "siem.localhost";
  const reach = dialer({ destinations: [`${host}:${port}`], networks: ["10.20.0.0/16"], resolve });
  const socket = await reach.connect({ host, port });
  onTestFinished(() => void socket.destroy());
  expect(socket.remoteAddress).toBe("127.0.0.1");
  expect(asked).toBe(1);
  await expect(reach.connect({ host, port })).rejects.toThrow("in a network of the plant");
});

test("addresses are compared as numbers", () => {
  expect(holds(["10.0.0.0/8"], "10.255.255.255")).toBe(true);
  expect(holds(["10.0.0.0/8"], "11.0.0.0")).toBe(false);
  expect(holds(["fe80::1"], "fe80::1%eth0")).toBe(true);
  expect(holds(["2001:db8::5"], "2001:0db8:0:0:0:0:0:5")).toBe(true);
  expect(holds(["10.0.0.0/8"], "not an address")).toBe(false);
});
