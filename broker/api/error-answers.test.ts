import fastify from "fastify";
import { expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../../test/kit/temporary.ts";
import { openLog } from "../log.ts";
import { addErrorAnswers } from "./error-answers.ts";
import { ApiRefused } from "./problem.ts";

const RIGHT = "https://sallyport.example";

test("who typed another name of this machine gets a page that leads to the right one", async () => {
  const app = fastify();
  onTestFinished(() => app.close());
  addErrorAnswers(app, openLog(`${temporaryFolder()}/broker.log`, "info"));
  app.get("/*", () => {
    throw new ApiRefused(421, "forbidden-host", `Open the console at ${RIGHT}. <No> other.`);
  });
  const asked = (url: string, headers = {}) => app.inject({ method: "GET", url, headers });
  const typed = { "sec-fetch-dest": "document" };
  const answer = await asked("/people", typed);
  expect(answer.statusCode).toBe(421);
  expect(answer.headers["content-type"]).toBe("text/html; charset=utf-8");
  expect(answer.body).toContain(`<a href="${RIGHT}">${RIGHT}</a>. &#60;No&#62; other.`);
  for (const program of [await asked("/api/people", typed), await asked("/people")]) {
    expect(program.json().code).toBe("forbidden-host");
  }
});
