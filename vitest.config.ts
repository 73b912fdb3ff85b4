import { defineConfig } from "vitest/config";

/** What Playwright and the runner say of a wait that a busy machine did not end in time. */
const WAITED_TOO_LONG = /Timeout \d+ms exceeded|timed out in \d+ms/;

export default defineConfig({
  test: {
    include: ["**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**"],
    environment: "node",
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // A busy machine of two cores is no finding; a poll ends as soon as it holds.
    expect: { poll: { timeout: 20_000 } },
    // Waiting is tried once more and reported as such; a wrong answer never is.
    retry: { count: 1, condition: WAITED_TOO_LONG },
  },
});
