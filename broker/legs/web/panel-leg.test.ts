import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { PanelLeg } from "./panel-leg.ts";

test("who waits on a lane that ends is told why, and not that the session is over", async () => {
  const server = createServer((request, response) => {
    const leg = new PanelLeg();
    void leg.serve(request, response);
    leg.close("the panel's answer broke the protocol");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const answer = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: "close" } });
  expect(answer.status).toBe(503);
  const page = await answer.text();
  expect(page).toContain("This request was ended");
  expect(page).toMatch(/answer broke the protocol/);
  expect(page).not.toContain("session is over");
});
