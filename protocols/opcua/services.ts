/** Every service that may pass at all, by the type of its request. All others are unsupported. */
import type { Service } from "./service.ts";
import { ITEM_SERVICES } from "./services-items.ts";
import { NODE_SERVICES } from "./services-nodes.ts";
import { SUBSCRIPTION_SERVICES } from "./services-subscriptions.ts";
import { WHOLE_SERVICES } from "./services-whole.ts";

export const SERVICES: readonly Service[] = [
  ...ITEM_SERVICES,
  ...SUBSCRIPTION_SERVICES,
  ...NODE_SERVICES,
  ...WHOLE_SERVICES,
];

const byRequest = new Map(SERVICES.map((service) => [service.request, service]));

export function serviceOf(typeId: number): Service | undefined {
  return byRequest.get(typeId);
}

export const SERVICE_FAULT = 397;
export const CANCEL = { request: 479, response: 482 } as const;
