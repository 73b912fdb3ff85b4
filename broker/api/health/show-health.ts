import { endpoint } from "../endpoint.ts";
import { type HealthView, healthSchema } from "../shapes/health.ts";

export function showHealth(health: () => Promise<HealthView>) {
  return endpoint({
    summary: "Health of each part",
    answer: healthSchema,
    handle: () => health(),
  });
}
