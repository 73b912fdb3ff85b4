import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { IntegrationDialer } from "./integration-dialer.ts";
import { DestinationRefused, type PlantPlace } from "./pinned-address.ts";

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

function dialer(
  destination: string,
  plant: readonly PlantPlace[] = [],
  names: Readonly<Record<string, readonly string[]>> = {},
): IntegrationDialer {
  return new IntegrationDialer({
    destinations: [destination],
    plant: () => plant,
    resolve: async (host) => names[host] ?? [],
  });
}

test("what is configured is reached, and its answer comes back", async () => {
  const port = await serve((request, response) => {
    request.pipe(response.writeHead(200, { "content-type": "text/echo" }));
  });
  const url = `http://127.0.0.1:${port}/path`;
  const reply = await dialer(url).post(url, "text/plain", "hello");
  expect(reply).toMatchObject({ status: 200, type: "text/echo", body: "hello" });
});

test("nothing else is: not another port, not another scheme, not another host", async () => {
  const reach = dialer("http://127.0.0.1:9/");
  for (const url of ["http://127.0.0.1:10/", "https://127.0.0.1:9/", "http://127.0.0.2:9/"]) {
    await expect(reach.post(url, "", ""), url).rejects.toThrow(DestinationRefused);
  }
});

test("an asset is refused by its address, whatever port or name leads there", async () => {
  const plant = [
    { host: "10.20.0.5", port: 502 },
    { host: "plc.plant.example", port: 502 },
  ];
  const names = {
    "siem.example": ["192.0.2.1", "10.20.0.5"],
    "plc.plant.example": ["10.20.0.6"],
    "mail.example": ["10.20.0.6"],
  };
  for (const url of ["http://10.20.0.5/", "http://siem.example/", "http://mail.example/"]) {
    const reached = dialer(url, plant, names).post(url, "", "");
    await expect(reached, url).rejects.toThrow("is an asset of the plant");
  }
});

test("a name that leads to this machine or its link is refused; loopback by itself is meant", async () => {
  const names = { "siem.example": ["127.0.0.1"], "meta.example": ["169.254.169.254"] };
  for (const host of Object.keys(names)) {
    const url = `http://${host}/`;
    await expect(dialer(url, [], names).post(url, "", ""), url).rejects.toThrow(/ is a /);
  }
});

test("a simulated asset on loopback is refused by its port, its neighbour is not", async () => {
  const port = await serve((_request, response) => response.end("ok"));
  const url = `http://127.0.0.1:${port}/`;
  const beside = dialer(url, [{ host: "127.0.0.1", port: port === 1 ? 2 : port - 1 }]);
  expect((await beside.post(url, "", "")).body).toBe("ok");
  const same = dialer(url, [{ host: "127.0.0.1", port }]);
  await expect(same.post(url, "", "")).rejects.toThrow("is an asset of the plant");
});

test("redirects are not followed, and endless answers are cut", async () => {
  const redirecting = await serve((_request, response) => {
    response.writeHead(302, { location: "http://10.20.0.5/" }).end();
  });
  const first = `http://127.0.0.1:${redirecting}/`;
  await expect(dialer(first).post(first, "", "")).rejects.toThrow("redirects");
  const endless = await serve((_request, response) => {
    const more = (): void => void (response.destroyed || response.write("x".repeat(65_536), more));
    more();
  });
  const second = `http://127.0.0.1:${endless}/`;
  await expect(dialer(second).post(second, "", "")).rejects.toThrow("too long");
});
