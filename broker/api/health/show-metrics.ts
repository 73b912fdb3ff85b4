import { z } from "zod";
import { publicEndpoint } from "../endpoint.ts";

/** Prometheus text. The route admits scrapers and who may see the health. */
export function showMetrics(metrics: { readonly contentType: string; text(): Promise<string> }) {
  return publicEndpoint({
    summary: "Metrics in Prometheus format",
    answer: z.string(),
    contentType: metrics.contentType,
    handle: () => metrics.text(),
  });
}
