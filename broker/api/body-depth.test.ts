import fastify from "fastify";
import { expect, test } from "vitest";
import { limitBodyDepth } from "./body-depth.ts";
import { ApiRefused } from "./problem.ts";

test("a body nested without measure is the sender's fault, and no route sees it", async () => {
  const app = fastify();
  let seen = 0;
  app.setErrorHandler((error, _, reply) =>
    reply.code(error instanceof ApiRefused ? error.status : 500).send(),
  );
  limitBodyDepth(app);
  app.post("/", async () => {
    seen += 1;
    return {};
  });
  const nested = (open: string, close: string, times: number) =>
    `${open.repeat(times)}1${close.repeat(times)}`;
  const cases = [
    [nested("[", "]", 20_000), 400],
    [nested('{"a":', "}", 65), 400],
    [nested('{"a":', "}", 64), 200],
    ["null", 200],
  ] as const;
  for (const [payload, status] of cases) {
    const headers = { "content-type": "application/json" };
    const answer = await app.inject({ method: "POST", url: "/", headers, payload });
    expect(answer.statusCode).toBe(status);
  }
  expect(seen).toBe(2);
  await app.close();
});
